"""A folder of Yandex Cloud in the sandbox that begins empty, and what a run of `finetune-embedder` leaves in it."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from domain.keys import TuningKey
from flows.specs import EmbedderTuning
from sandbox.settings import YANDEX_FOLDER_ID
from tests.kill.cloud import Project
from tests.support.sandbox_process import SandboxProcess
from tests.support.tunings import UNHINDERED, TuningCloud, save_yandex_block

YANDEX_BLOCK = "kill-yandex"


@dataclass(frozen=True)
class EmptyFolder(Project):
    """A sandbox that holds nothing, and a tuning of one small dataset."""

    cloud: TuningCloud
    tuning: EmbedderTuning

    @classmethod
    def of(cls, sandbox: SandboxProcess, folder: Path) -> "EmptyFolder":
        """Save the block; the data lie in `folder`."""
        save_yandex_block(YANDEX_BLOCK, sandbox)
        cloud = TuningCloud(YANDEX_BLOCK, sandbox, folder)
        return cls(sandbox, cloud, cloud.tuning(use={"publish": "always"}))

    @property
    def results(self) -> str:
        """Where the metrics are kept."""
        return str(self.cloud.folder / "results")

    def empty(self) -> None:
        """Forget everything but what was trained."""
        self.sandbox.set(**UNHINDERED)
        self.sandbox.empty()
        self.free()

    def free(self) -> None:
        """End the lease by which a killed run still holds the tuning, as a minute would."""
        with get_client(sync_client=True) as client, suppress(ObjectNotFound):
            key = TuningKey(YANDEX_FOLDER_ID, self.tuning.name)
            client.delete_global_concurrency_limit_by_name(key.limit)

    def finetune(self) -> None:
        """Run the flow here."""
        self.cloud.finetune(self.tuning)

    def check_one_of_each(self) -> None:
        """Assert that the folder holds one dataset and one tuning, both complete, and nothing beside them."""
        held = self.sandbox.inventory()
        assert [each["status"] for each in held["datasets"]] == ["READY"]
        assert [(each["name"], each["status"]) for each in held["tunings"]] == [(self.tuning.name, "COMPLETED")]
