"""The tuning: started once, waited for however long it takes, cancelled with its run only when that is asked for."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from uuid import UUID

from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.exceptions import TerminationSignal
from prefect.runtime import flow_run

from blocks.yandex import YandexCloudCredentials
from clouds.errors import CloudError
from clouds.yandex.dataset import EnsuredDataset
from clouds.yandex.specs import WeightedDataset
from clouds.yandex.tuning import EnsuredTuning, FinishedTuning, TuningRequestSpec, TuningState, TuningStatus
from domain.embedder_tuning import EmbedderTuning
from domain.keys import artifact_key
from tasks.run.progress import duration, progress
from tasks.run.steps import LOOK_FIRST, left_of, step

ORDER = (TuningStatus.CREATED, TuningStatus.PENDING, TuningStatus.IN_PROGRESS)
STAGE_PERCENT = 2
"""What each status on the way counts; the rest is the steps, where the service tells them."""


def tuning_request(
    tuning: EmbedderTuning,
    base_model_uri: str,
    training: Sequence[EnsuredDataset],
    validation: EnsuredDataset | None,
) -> TuningRequestSpec:
    """Return what the service is asked for."""
    weights = tuning.weights or (1.0,) * len(training)
    return TuningRequestSpec(
        name=tuning.name,
        description=tuning.description,
        labels=tuning.labels,
        base_model_uri=base_model_uri,
        kind=tuning.data.kind,
        train_datasets=tuple(
            WeightedDataset(dataset_id=dataset.dataset_id, weight=weight, sha256=dataset.sha256)
            for dataset, weight in zip(training, weights, strict=True)
        ),
        validation_dataset_id=validation.dataset_id if validation else None,
        validation_sha256=validation.sha256 if validation else None,
        parameters=tuning.parameters,
    )


@step("ensure-tuning", run_name="ensure-tuning {tuning.name}", **LOOK_FIRST)
def ensure_tuning(
    yandex: YandexCloudCredentials,
    tuning: EmbedderTuning,
    base_model_uri: str,
    training: Sequence[EnsuredDataset | None],
    validation: EnsuredDataset | None,
) -> EnsuredTuning:
    """Adopt the tuning of the same data and parameters, running or finished, or start it.

    A quota that is used up is waited out; each try looks first.

    Raises:
        DeadlineError: none was to be had for all of `started_within_s`.

    """
    logger, told = get_run_logger(), [False]

    def on_quota(words: str, _elapsed_s: float) -> None:
        if not told[0]:
            logger.warning("Waiting up to %d s for a start: %s", tuning.started_within_s, words)
        told[0] = True

    ensured = yandex.get_client().tunings.ensure(
        tuning_request(tuning, base_model_uri, [dataset for dataset in training if dataset], validation),
        quota_deadline_s=tuning.started_within_s,
        on_quota=on_quota,
    )
    logger.info("Tuning %s (%s) %s", tuning.name, ensured.task_id, ensured.action)
    if problem := validation_problem(yandex, ensured, validation):
        logger.warning(problem)
    return ensured


def validation_problem(
    yandex: YandexCloudCredentials, ensured: EnsuredTuning, validation: EnsuredDataset | None
) -> str:
    """Return in one line that the tuning does not know its validation data, or cannot tell; empty: all is well."""
    if validation is None:
        return ""
    try:
        return yandex.get_client().tunings.lost_validation(ensured, validation.dataset_id)
    except CloudError as error:
        return f"Whether tuning {ensured.task_id} knows its validation data cannot be told: {error}"


@step("wait-for-tuning", run_name="wait-for {tuning.name}", **LOOK_FIRST)
def wait_for_tuning(yandex: YandexCloudCredentials, tuning: EmbedderTuning, ensured: EnsuredTuning) -> FinishedTuning:
    """Wait until there is a tuned model.

    Raises:
        FailedStateError: the tuning failed or was cancelled; holds the texts of its errors.

    """
    with progress(
        artifact_key("wait-for", yandex.folder_id, tuning.name), f"Until {tuning.name} is tuned", total=100, notes=True
    ) as advance:

        def on_look(seen: TuningState, elapsed_s: float) -> None:
            advance(percent(seen), f"{seen}, {duration(elapsed_s)}")

        finished = yandex.get_client().tunings.wait_finished(
            ensured.task_id, ensured.operation_id, deadline_s=left_of(tuning.tuned_within_s), on_look=on_look
        )
        advance(100, finished.target_model_uri)
    get_run_logger().info("%s is tuned: %s", tuning.name, finished.target_model_uri)
    return finished


def percent(seen: TuningState) -> int:
    """Return how far a tuning is: 2 a status that has begun, then the share of its steps, if told."""
    begun = STAGE_PERCENT * (ORDER.index(TuningStatus(seen.status)) + 1) if seen.status in ORDER else 0
    if not seen.total_steps:
        return begun
    waited = STAGE_PERCENT * len(ORDER)
    return waited + (99 - waited) * min(seen.current_step or 0, seen.total_steps) // seen.total_steps


@contextmanager
def cancelled_with_the_run(yandex: YandexCloudCredentials, ensured: EnsuredTuning, *, cancel: bool) -> Generator[None]:
    """Cancel the tuning when the flow run is cancelled inside the block and `cancel` is on.

    A worker that shuts down ends its runs by the same signal; only the run's state tells a person's will from that.
    """
    try:
        yield
    except (TerminationSignal, KeyboardInterrupt):
        if cancel and _run_is_cancelled():
            try:
                yandex.get_client().tunings.cancel(ensured.task_id)
            except CloudError as error:  # the signal must not be lost over this one
                get_run_logger().error("The tuning %s could not be cancelled: %s", ensured.task_id, error)
            else:
                get_run_logger().warning("The tuning %s is cancelled with its run", ensured.task_id)
        else:
            get_run_logger().warning("The tuning %s goes on; the next run waits for it", ensured.task_id)
        raise


def _run_is_cancelled() -> bool:
    run_id = flow_run.id
    if run_id is None:
        return False
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(UUID(run_id)).state
    return state is not None and (state.is_cancelling() or state.is_cancelled())
