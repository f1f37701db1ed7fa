"""Parameters that flows no longer take do not fail the runs of those who have them stored."""

import logging
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import SignatureMismatchError
from prefect.flow_engine import run_flow
from prefect.states import Pending
from prefect.utilities.callables import parameter_schema

from flows.provision import provision_rag
from tests.support.stacks import Cloud

STORED: list[Any] = [None, {"name": "tuned-embedder", "cloud": "yandex-sandbox"}]
"""What the form of earlier releases has stored in deployments and schedules: left out, or filled in."""


def test_no_form_shows_it() -> None:
    """Neither the form of a run nor the list of what a deployment may hold."""
    assert "promoted_embedder" not in parameter_schema(provision_rag).model_dump()["properties"]
    assert "promoted_embedder" not in provision_rag.parameters.model_dump()["properties"]


def test_a_mistyped_parameter_is_still_refused() -> None:
    """Only what a release has taken is passed over."""
    with pytest.raises(SignatureMismatchError):
        provision_rag.validate_parameters({"promoted_embeder": None})


@pytest.mark.parametrize(("stored", "lines"), [*zip(STORED, (0, 1), strict=True)])
def test_a_run_names_what_it_passes_over(
    cloud: Cloud, caplog: pytest.LogCaptureFixture, stored: Any, lines: int
) -> None:
    """One warning that says where the tuned embedder is used; none where the parameter was left out."""
    given = {"stack": cloud.stack(), "cloud": cloud.name, "huggingface": cloud.name, "plan_only": True}
    with caplog.at_level(logging.WARNING):
        state = run_with(provision_rag, {**given, "promoted_embedder": stored})

    assert state.is_completed(), state.message
    warned = [record.message for record in caplog.records if "promoted_embedder" in record.message]
    assert len(warned) == lines
    assert all("Yandex's search index" in line for line in warned)


def run_with(flow: Any, parameters: dict[str, Any]) -> Any:
    """Run a flow with parameters as a server has stored them."""
    with get_client(sync_client=True) as client:
        created = client.create_flow_run(flow, parameters=parameters, state=Pending())
    return run_flow(flow, flow_run=created, return_type="state")
