"""Yandex Cloud's half after SIGKILL."""

from pathlib import Path

from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo

from tests.sandbox.yandex.test_iam import exchange, is_let_in, signed
from tests.support.sandbox_process import SandboxProcess
from tests.support.yandex_folder import PAIRS, Folder


def test_a_validation_that_was_interrupted_is_taken_up(tmp_path: Path) -> None:
    """Killed while the rows are read, it is VALIDATING after the restart and ends by itself; key and token are kept."""
    first = SandboxProcess.start(tmp_path)
    key = first.authorized_key()
    token = exchange(first, signed(key)).iam_token
    with first.yandex_channel() as channel:
        folder = Folder(channel)
        dataset_id = folder.draft()
        folder.upload(dataset_id, PAIRS)
        first.fault("storage.yandexcloud.net/ai-fomo-drafts-prod/", method="GET", hold=True)
        operation_id = folder.validate(dataset_id).id
        first.wait_until_held()
        assert folder.describe(dataset_id).status == DatasetInfo.VALIDATING
    first.process.kill()
    first.process.wait()
    first.stop()

    second = SandboxProcess.start(tmp_path)
    try:
        with second.yandex_channel() as channel:
            folder = Folder(channel)
            folder.finished(operation_id)
            assert folder.describe(dataset_id).status == DatasetInfo.READY
        assert second.authorized_key() == key
        assert is_let_in(second, token)
    finally:
        second.stop()
