"""What a tuning is called and how far it is, from what the service says."""

import grpc
import pytest
from pydantic import SecretStr

from blocks.yandex import YandexCloudConnection, YandexCloudCredentials
from clouds.yandex.dataset import EnsuredDataset
from clouds.yandex.specs import NAME
from clouds.yandex.tuning import EnsuredTuning, TuningState, TuningStatus
from clouds.yandex.wire.endpoints import Endpoints
from domain.reports.tuning_markdown import embedding_program
from domain.training_data.spec import TextPrefixes
from tasks.run.progress import duration
from tasks.tuning.dataset import dataset_name
from tasks.tuning.tuning import percent, validation_problem
from tests.clouds.yandex.played_services import PlayedServices, Refusal


def test_tuning_advances_by_status_then_by_steps() -> None:
    """The queue is a few percent, the steps are the rest; the hundredth is the model itself."""
    statuses = (TuningStatus.CREATED, TuningStatus.PENDING, TuningStatus.IN_PROGRESS)
    assert [percent(TuningState("1", status=status)) for status in statuses] == [2, 4, 6]
    steps = [TuningState("1", status=TuningStatus.IN_PROGRESS, current_step=n, total_steps=10) for n in (0, 5, 10)]
    assert [percent(state) for state in steps] == [6, 52, 99]
    assert percent(TuningState("1", status="status 77, which is not published")) == 0


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00:00"), (3_725, "1:02:05"), (200_000, "55:33:20")])
def test_durations_are_hours(seconds: float, text: str) -> None:
    """A wait of days is told in hours."""
    assert duration(seconds) == text


@pytest.mark.parametrize("name", ["abc", "x" * 63, "a" * 53 + "-" + "b" * 9])
def test_dataset_is_named_by_tuning_and_content(name: str) -> None:
    """The name is one that every part of the service takes, however long the tuning's is."""
    made = dataset_name(name, "0123456789abcdef")
    assert NAME.fullmatch(made)
    assert made.startswith(name[:50])
    assert made.endswith("-01234567")


def test_what_the_tuning_knows_cannot_fail_the_run() -> None:
    """A service that does not tell what it runs with is a line of words; without validation data it is not asked."""
    services = PlayedServices()
    services.tell("TuningService.GetOptions", Refusal(grpc.StatusCode.PERMISSION_DENIED, "no"))
    block = YandexCloudCredentials(
        folder_id="b1gplayedfolder00000",
        api_key=SecretStr("played-api-key"),
        connection=YandexCloudConnection(endpoints=Endpoints.local(services.address, "http://127.0.0.1")),
    )
    ensured = EnsuredTuning("ftn1", "ftn1", "created", "CREATED")
    assert validation_problem(block, ensured, None) == ""
    assert services.calls == 0
    problem = validation_problem(block, ensured, EnsuredDataset("fds1", "held-out", "created", 20, 2502))
    assert problem.startswith("Whether tuning ftn1 knows its validation data cannot be told: ")
    block.close()
    services.close()


@pytest.mark.parametrize("prefixes", [TextPrefixes(), TextPrefixes(query='"``` ', document="Д: ")])
def test_the_program_of_the_page_is_python(prefixes: TextPrefixes) -> None:
    """Whatever the prefixes are; one that holds a fence does not end the block early."""
    shown = embedding_program("yandex", "emb://f/text-embeddings/latest@tamr1", 128, prefixes)
    fence, *lines, end = shown.splitlines()
    assert fence.removesuffix("python") == end
    assert not any(line.startswith(end) for line in lines)
    compile("\n".join(lines), "page", "exec")
    assert "'' +" not in shown
    assert "[text for text in texts]" not in shown
