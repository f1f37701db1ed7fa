"""A tuning after SIGKILL of the sandbox."""

from pathlib import Path

from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import DeleteDatasetRequest
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask

from tests.sandbox.yandex.tunings import Tunings
from tests.support.sandbox_process import SandboxProcess

MOST_LOOKS = 600


def test_a_training_that_was_interrupted_is_trained_again(tmp_path: Path) -> None:
    """Killed while it trains, the task resumes after the restart and ends COMPLETED: also when its dataset is gone."""
    first = SandboxProcess.start(tmp_path)
    first.fault("TuningService/Describe", times=10_000, delay_s=0.1)
    with first.yandex_channel() as channel:
        tunings = Tunings(first, channel)
        dataset_id = tunings.dataset()
        task_id = tunings.stub.Tune(tunings.request(dataset_id)).id
        first.advance(2)
        looks = (tunings.describe(task_id).status for _ in range(MOST_LOOKS))
        assert any(status == TuningTask.IN_PROGRESS for status in looks)
        tunings.folder.datasets.Delete(DeleteDatasetRequest(dataset_id=dataset_id))
    first.process.kill()
    first.process.wait()
    first.stop()

    second = SandboxProcess.start(tmp_path)
    try:
        second.advance(2)
        with second.yandex_channel() as channel:
            tunings = Tunings(second, channel)
            assert tunings.describe(task_id).status in (TuningTask.PENDING, TuningTask.IN_PROGRESS)
            tunings.folder.finished(task_id)
            task = tunings.describe(task_id)
            assert (task.status, "@tamr" in task.target_model_uri) == (TuningTask.COMPLETED, True)
    finally:
        second.stop()
