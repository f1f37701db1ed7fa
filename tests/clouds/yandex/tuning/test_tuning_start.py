"""Tunings are found before they are started, and started once."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from yandex.cloud.ai.tuning.v1.tuning_service_pb2 import TuningRequest
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask
from yandex.cloud.operation.operation_pb2 import Operation

from clouds.errors import (
    ConfigurationError,
    ConnectionFailedError,
    DeadlineError,
    PermissionDeniedError,
    QuotaError,
)
from clouds.yandex.assumptions import Assumptions, TuningAssumptions
from clouds.yandex.client import YandexClient
from clouds.yandex.specs import (
    AdamWSpec,
    ConstantSpec,
    CosineSpec,
    LinearSpec,
    LoraSpec,
    PromptTuneSpec,
    TuningParameters,
    WeightedDataset,
)
from clouds.yandex.tuning import TuningRequestSpec
from clouds.yandex.tuning.request import FINGERPRINT
from tests.clouds.yandex.played_services import LOST, NOT_FOUND, QUOTA, PlayedServices, Refusal
from tests.clouds.yandex.tuning.played_tunings import BASE, FOLDER, SPEC, PlayedTunings
from tests.support.virtual_time import VirtualTime

TUNE = "TuningService.Tune"
FULL = TuningParameters(
    seed=7,
    lr=0.25,
    n_samples=1000,
    embedding_dims=(35, 128),
    additional_arguments="none",
    tuning_type=LoraSpec(rank=8, alpha=16, initialization="gaussian", type="lora"),
    scheduler=CosineSpec(min_lr=0.125),
    warmup_ratio=0.0,
    optimizer=AdamWSpec(beta1=0.5, beta2=0.75, eps=0.125, weight_decay=0.0),
)


def with_parameters(**changes: Any) -> TuningRequestSpec:
    """Return the spec with these parameters."""
    return SPEC.model_copy(update={"parameters": TuningParameters(**changes)})


def sent(services: PlayedServices) -> dict[str, Any]:
    """Return the one start as JSON."""
    (request,) = services.asked(TUNE)
    return MessageToDict(request, preserving_proto_field_name=True)


@pytest.mark.parametrize("kind", ["pair", "triplet"])
@pytest.mark.usefixtures("tunings")
def test_empty_parameters_are_sent_all_the_same(yandex: YandexClient, services: PlayedServices, kind: str) -> None:
    """Without the message of its kind a tuning would have no type; nothing else is sent that was not said."""
    spec = SPEC.model_copy(update={"kind": kind})
    ensured = yandex.tunings.ensure(spec)
    assert (ensured.action, ensured.task_id) == ("created", "ftn00000000000000001")
    assert sent(services) == {
        "base_model_uri": BASE,
        "train_datasets": [{"dataset_id": "fds00000000000000001", "weight": 1.0}],
        f"text_embedding_{kind}_params": {},
        "name": "search-v1",
        "labels": {FINGERPRINT: spec.fingerprint},
    }


@pytest.mark.parametrize("kind", ["pair", "triplet"])
@pytest.mark.usefixtures("tunings")
def test_every_parameter_reaches_the_service(yandex: YandexClient, services: PlayedServices, kind: str) -> None:
    """Both kinds take the same parameters; a warm-up of 0 is told from none."""
    yandex.tunings.ensure(SPEC.model_copy(update={"kind": kind, "parameters": FULL}))
    assert sent(services)[f"text_embedding_{kind}_params"] == {
        "seed": "7",
        "lr": 0.25,
        "n_samples": "1000",
        "embedding_dims": ["35", "128"],
        "additional_arguments": "none",
        "lora": {"rank": "8", "alpha": 16.0, "initialization": "gaussian", "type": "lora"},
        "scheduler": {"cosine": {"min_lr": 0.125}, "warmup_ratio": 0.0},
        "optimizer": {"adamw": {"beta1": 0.5, "beta2": 0.75, "eps": 0.125}},
    }


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"tuning_type": PromptTuneSpec(virtual_tokens=4)}, {"prompt_tune": {"virtual_tokens": "4"}}),
        ({"scheduler": LinearSpec(min_lr=0.5)}, {"scheduler": {"linear": {"min_lr": 0.5}}}),
        ({"scheduler": ConstantSpec()}, {"scheduler": {"constant": {}}}),
        ({"tuning_type": LoraSpec()}, {"lora": {}}),
    ],
)
@pytest.mark.usefixtures("tunings")
def test_each_choice_has_its_message(
    yandex: YandexClient, services: PlayedServices, parameters: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Prompt tuning, the other schedules, and a choice whose numbers are left to the service."""
    yandex.tunings.ensure(with_parameters(**parameters))
    assert sent(services)["text_embedding_pair_params"] == expected


def test_validation_data_go_where_production_was_seen_to_take_them(
    services: PlayedServices, tunings: PlayedTunings, yandex: YandexClient
) -> None:
    """By default in `validation_datasets`, as recorded; the other field was never seen."""
    del tunings
    yandex.tunings.ensure(SPEC.model_copy(update={"validation_dataset_id": "fds00000000000000009"}))
    assert sent(services)["validation_datasets"] == [{"dataset_id": "fds00000000000000009", "weight": 1.0}]


@pytest.mark.parametrize(("field", "lost"), [("validation_dataset", True), ("validation_datasets", False)])
def test_validation_that_was_lost_in_silence_is_told(
    tunings: PlayedTunings, make_yandex: Callable[[Assumptions], YandexClient], field: Any, *, lost: bool
) -> None:
    """A service that passes the field over: the options name no validation, and the words say what to set."""
    tunings.takes_validation_dataset = False
    client = make_yandex(Assumptions(tuning=TuningAssumptions(validation_field=field)))
    spec = SPEC.model_copy(update={"validation_dataset_id": "fds00000000000000009"})
    started = client.tunings.ensure(spec)
    problem = client.tunings.lost_validation(started, "fds00000000000000009")
    words = (
        f"Tuning {started.task_id} may run without its validation data: GetOptions does not name "
        "fds00000000000000009, which was sent as validation_dataset. Set assumptions.tuning.validation_field in the "
        "connection block to validation_datasets, and tune again under another name"
    )
    assert problem == (words if lost else "")
    adopted = client.tunings.lost_validation(client.tunings.ensure(spec), "fds00000000000000009")
    assert ("was started before this run" in adopted) is lost


@pytest.mark.parametrize("field", ["validation_dataset", "validation_datasets"])
@pytest.mark.usefixtures("tunings")
def test_the_validation_data_goes_where_the_assumption_says(
    make_yandex: Callable[[Assumptions], YandexClient], services: PlayedServices, field: Any
) -> None:
    """One field is the current one, the other what production was seen to accept."""
    client = make_yandex(Assumptions(tuning=TuningAssumptions(validation_field=field)))
    client.tunings.ensure(SPEC.model_copy(update={"validation_dataset_id": "fds00000000000000009"}))
    dataset = {"dataset_id": "fds00000000000000009", "weight": 1.0}
    assert sent(services)[field] == (dataset if field == "validation_dataset" else [dataset])


@pytest.mark.parametrize("status", ["CREATED", "PENDING", "IN_PROGRESS", "COMPLETED"])
def test_one_under_way_or_completed_is_adopted(
    yandex: YandexClient, services: PlayedServices, tunings: PlayedTunings, status: str
) -> None:
    """It stands on the third page of the list; nothing is started."""
    wanted = tunings.add(TuningTask.Status.Value(status))
    tunings.tasks[:0] = [tunings.add(TuningTask.PENDING, with_parameters(seed=seed)) for seed in range(1, 5)]
    del tunings.tasks[-4:]
    ensured = yandex.tunings.ensure(SPEC)
    assert (ensured.action, ensured.task_id, ensured.status) == ("adopted", wanted.task_id, status)
    assert len(services.asked("TuningService.List")) == 3
    assert services.asked(TUNE) == []


def test_a_completed_one_is_taken_before_a_newer_one_under_way(yandex: YandexClient, tunings: PlayedTunings) -> None:
    """There is a model already."""
    completed = tunings.add(TuningTask.COMPLETED)
    tunings.add(TuningTask.IN_PROGRESS)
    assert yandex.tunings.ensure(SPEC).task_id == completed.task_id


@pytest.mark.parametrize("status", ["FAILED", "CANCELED", "ARCHIVED", "DRAFT"])
def test_one_that_never_completes_is_started_anew(
    yandex: YandexClient, services: PlayedServices, tunings: PlayedTunings, status: str
) -> None:
    """Running again is the recovery; the new start has a key of its own, so that it is not taken for the old one."""
    yandex.tunings.ensure(SPEC)
    tunings.tasks[0].status = TuningTask.Status.Value(status)
    assert yandex.tunings.ensure(SPEC).action == "created"
    assert len({asked["idempotency-key"] for asked in services.metadata(TUNE)}) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "search-v2"},
        {"parameters": TuningParameters(seed=1)},
        {"kind": "triplet"},
        {"train_datasets": (WeightedDataset(dataset_id="fds00000000000000002"),)},
        {"train_datasets": (WeightedDataset(dataset_id="fds00000000000000001", weight=2.0),)},
        {"validation_dataset_id": "fds00000000000000002"},
    ],
)
def test_other_work_is_not_adopted(yandex: YandexClient, tunings: PlayedTunings, changes: dict[str, Any]) -> None:
    """Another name, parameter, kind, dataset or weight makes another tuning."""
    tunings.add(TuningTask.COMPLETED)
    assert yandex.tunings.find(SPEC.model_copy(update=changes)) is None
    assert yandex.tunings.ensure(SPEC.model_copy(update=changes)).action == "created"


def test_the_fingerprint_says_what_is_learnt_and_nothing_else() -> None:
    """Description, labels and the order of the datasets do not count; it fits into a label."""
    two = (WeightedDataset(dataset_id="a", weight=2.0), WeightedDataset(dataset_id="b"))
    one = SPEC.model_copy(update={"train_datasets": two})
    other = one.model_copy(
        update={"train_datasets": two[::-1], "description": "x", "labels": {"a": "b"}, "name": "search-v9"}
    )
    assert one.fingerprint == other.fingerprint != SPEC.fingerprint
    assert len(one.fingerprint) <= 63
    again = (WeightedDataset(dataset_id="c", sha256="same"), WeightedDataset(dataset_id="d", sha256="same"))
    assert len({SPEC.model_copy(update={"train_datasets": (each,)}).fingerprint for each in again}) == 1


def test_one_without_a_fingerprint_is_known_by_its_options(
    yandex: YandexClient, services: PlayedServices, tunings: PlayedTunings
) -> None:
    """Started in the console, or by a service that drops labels: model, data and what was said are compared."""
    spec = with_parameters(seed=7, embedding_dims=(128, 35))
    started = yandex.tunings.ensure(spec)
    tunings.tasks[0].labels.clear()
    services.tell("TuningService.GetOptions", NOT_FOUND, tunings.get_options)
    assert yandex.tunings.ensure(spec).task_id == started.task_id
    assert yandex.tunings.ensure(with_parameters(seed=8)).action == "created"
    deeper = with_parameters(seed=7, embedding_dims=(128, 35), tuning_type=LoraSpec(rank=64))
    assert yandex.tunings.ensure(deeper).action == "created"
    assert len(services.asked(TUNE)) == 3


def test_a_failed_one_without_a_fingerprint_is_not_asked_about(
    yandex: YandexClient, services: PlayedServices, tunings: PlayedTunings
) -> None:
    """Nothing can be adopted of it, and its options may be gone."""
    tunings.add(TuningTask.FAILED, labelled=False)
    assert yandex.tunings.ensure(SPEC).action == "created"
    assert services.asked("TuningService.GetOptions") == []


def test_a_lost_reply_starts_nothing_twice(
    yandex: YandexClient, services: PlayedServices, tunings: PlayedTunings
) -> None:
    """The start was carried out and is listed only seconds later: it is waited for and adopted."""

    def tune(request: TuningRequest) -> Operation:
        tunings.tune(request)
        tunings.hidden_lists = 3
        raise LOST

    services.tell(TUNE, tune)
    ensured = yandex.tunings.ensure(SPEC)
    assert (ensured.action, ensured.task_id) == ("adopted", tunings.tasks[0].task_id)
    assert len(services.asked(TUNE)) == 1


def test_a_lost_reply_starts_nothing_twice_while_nobody_can_tell(
    yandex: YandexClient, services: PlayedServices, tunings: PlayedTunings
) -> None:
    """The start may have been carried out and the list does not answer: the run ends, and the next one looks first."""

    def tune(request: TuningRequest) -> Operation:
        tunings.tune(request)
        services.tell("TuningService.List", QUOTA)
        raise LOST

    services.tell(TUNE, tune)
    with pytest.raises(DeadlineError, match=SPEC.name):
        yandex.tunings.ensure(SPEC)
    assert len(services.asked(TUNE)) == 1


def test_what_is_nowhere_to_be_seen_is_started_again(
    yandex: YandexClient, services: PlayedServices, tunings: PlayedTunings, time: VirtualTime
) -> None:
    """By the next call, after the minute in which it would have been listed, and with the same idempotency key."""
    services.tell(TUNE, LOST, tunings.tune)
    with pytest.raises(ConnectionFailedError):
        yandex.tunings.ensure(SPEC)
    assert sum(time.slept_s) >= 60
    assert yandex.tunings.ensure(SPEC).action == "created"
    first, second = services.metadata(TUNE)
    assert first["idempotency-key"] == second["idempotency-key"]


@pytest.mark.usefixtures("tunings")
def test_a_service_that_stays_away_is_told(yandex: YandexClient, services: PlayedServices) -> None:
    """The error of the one start that was sent remains, with its request id."""
    services.tell(TUNE, LOST)
    with pytest.raises(ConnectionFailedError, match=r"start of tuning search-v1: no answer.*x-client-request-id"):
        yandex.tunings.ensure(SPEC)
    assert len(services.asked(TUNE)) == 1


@pytest.mark.usefixtures("tunings")
def test_a_quota_is_not_fought(yandex: YandexClient, services: PlayedServices) -> None:
    """Without time to wait the refusal is the answer, after one start."""
    services.tell(TUNE, QUOTA)
    with pytest.raises(QuotaError, match="allowed 3 requests"):
        yandex.tunings.ensure(SPEC)
    assert len(services.asked(TUNE)) == 1


def test_a_quota_is_waited_out(
    yandex: YandexClient, services: PlayedServices, tunings: PlayedTunings, time: VirtualTime
) -> None:
    """An hour's wait asks every 5 minutes, tells so each time, and ends with the start."""
    begun_s = time.now_s
    told: list[tuple[str, float]] = []

    def tune(request: TuningRequest) -> Operation:
        if time.now_s < begun_s + 3000:
            raise QUOTA
        return tunings.tune(request)

    services.tell(TUNE, tune)
    ensured = yandex.tunings.ensure(
        SPEC, quota_deadline_s=7200, on_quota=lambda words, elapsed_s: told.append((words, elapsed_s))
    )
    assert ensured.action == "created"
    assert len(services.asked(TUNE)) == 11
    assert [round(elapsed_s) for _, elapsed_s in told] == list(range(0, 3000, 300))
    assert all("allowed 3 requests" in words for words, _ in told)


@pytest.mark.usefixtures("tunings")
def test_a_quota_that_is_never_free_ends_at_the_deadline(yandex: YandexClient, services: PlayedServices) -> None:
    """The deadline's message holds the service's own words."""
    services.tell(TUNE, QUOTA)
    with pytest.raises(DeadlineError, match="allowed 3 requests"):
        yandex.tunings.ensure(SPEC, quota_deadline_s=900)
    assert len(services.asked(TUNE)) == 4


@pytest.mark.parametrize(
    ("base_model_uri", "words"),
    [
        ("emb://b1gsomeotherfolder00/text-embeddings/latest", "belongs to the folder b1gsomeotherfolder00"),
        (f"emb://{FOLDER}/text-search-doc/latest", "cannot be tuned; take emb://"),
        (f"emb://{FOLDER}/text-embeddings/latest@tamr1", "cannot be tuned"),
        (f"gpt://{FOLDER}/yandexgpt/latest", "is not the URI of an embedder"),
    ],
)
def test_a_wrong_base_model_is_told_before_anything_is_sent(
    yandex: YandexClient, services: PlayedServices, base_model_uri: str, words: str
) -> None:
    """One line that says what to write."""
    with pytest.raises(ConfigurationError, match=words):
        yandex.tunings.ensure(SPEC.model_copy(update={"base_model_uri": base_model_uri}))
    assert services.calls == 0


def test_a_dimension_out_of_range_is_told_before_anything_is_sent(
    make_yandex: Callable[[Assumptions], YandexClient], services: PlayedServices
) -> None:
    """The bounds are an assumption, which the message names."""
    client = make_yandex(Assumptions(tuning=TuningAssumptions(smallest_dim=16, largest_dim=64)))
    for dim in (8, 65):
        with pytest.raises(ConfigurationError, match=f"embedding_dims has {dim}: take 16 to 64.*assumptions.tuning"):
            client.tunings.check(with_parameters(embedding_dims=(32, dim)))
    assert services.calls == 0


@pytest.mark.parametrize("name", ["Search", "ab", "1search", "search-", "search_v1", "поиск", "a" * 64])
def test_an_unsafe_name_is_refused(name: str) -> None:
    """Data sets, tunings and the console each have a rule for names; this one keeps to all."""
    with pytest.raises(ValueError, match="write 3 to 63 of a-z, 0-9 and -"):
        TuningRequestSpec.model_validate({**SPEC.model_dump(), "name": name})


@pytest.mark.usefixtures("tunings")
def test_a_missing_role_is_named(yandex: YandexClient, services: PlayedServices) -> None:
    """PERMISSION_DENIED says which role to give."""
    services.tell("TuningService.List", Refusal(grpc.StatusCode.PERMISSION_DENIED, "Permission denied"))
    with pytest.raises(PermissionDeniedError, match=r"ai\.models\.editor and ai\.datasets\.user"):
        yandex.tunings.list()
