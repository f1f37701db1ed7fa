"""A mistake in a form is one line of the log and the message of the state."""

import logging

import pytest
from prefect import flow, get_run_logger, task
from prefect.exceptions import ParameterTypeError

from clouds.errors import ConfigurationError, RefusedError
from domain.probe import ProbeSpec
from tasks.run.steps import recorded_steps

pytestmark = pytest.mark.usefixtures("prefect_storage")


@flow
def with_form(probe: ProbeSpec) -> None:
    """Take a form."""
    with recorded_steps():
        get_run_logger().info("%s", probe)


@task
def read() -> None:
    """Read a file that is not there."""
    raise ConfigurationError("golden.jsonl cannot be read: No such file; correct golden")


@flow
def with_file(kind: type[Exception]) -> None:
    """Read it, or fail by a mistake of ours."""
    if kind is not ConfigurationError:
        raise kind("ours")
    read()


def test_a_form_mistake_is_one_line_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """Field and mistake; neither Prefect's stack nor all that was in the form."""
    form = {"question": "Когда?", "source": "a.txt", "phrase": "."}
    with caplog.at_level(logging.ERROR), pytest.raises(ParameterTypeError):
        with_form(form)  # pyright: ignore[reportArgumentType]  # as a form gives it
    said = [record for record in caplog.records if record.levelno >= logging.ERROR and "Finished" not in record.message]
    assert len(said) == 1
    assert "probe.phrase: Value error, '.' has no letter and no digit" in said[0].message
    assert "Traceback" not in caplog.text


def test_a_mistake_in_a_file_or_a_missing_consent_has_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """The line is all there is to know; any other error keeps its traceback."""
    with caplog.at_level(logging.ERROR), pytest.raises(ConfigurationError):
        with_file(ConfigurationError)
    assert "golden.jsonl cannot be read" in caplog.text
    assert "Traceback" not in caplog.text
    with caplog.at_level(logging.ERROR), pytest.raises(RefusedError):
        with_file(RefusedError)
    assert "Traceback" not in caplog.text
    with caplog.at_level(logging.ERROR), pytest.raises(KeyError):
        with_file(KeyError)
    assert "Traceback" in caplog.text
