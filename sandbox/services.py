"""The services of one sandbox: built from the host and from each other, started, reset and closed together."""

from pathlib import Path

from sandbox.cloudru.rules.generation import Generation
from sandbox.cloudru.rules.iam import Iam
from sandbox.cloudru.rules.inference import ModelRuns
from sandbox.cloudru.rules.knowledge import Knowledge
from sandbox.cloudru.rules.logs import LogGroups
from sandbox.cloudru.rules.model import Models
from sandbox.cloudru.rules.search import Search
from sandbox.cloudru.rules.secret import SecretManagement
from sandbox.cloudru.rules.storage import StorageControl
from sandbox.engines.models import ModelShelf
from sandbox.host import Host
from sandbox.huggingface.hub import Hub
from sandbox.lifecycle import Clock
from sandbox.object_store.buckets import delete_buckets
from sandbox.settings import KEPT_AS
from sandbox.yandex.cloud import Yandex


class Services:
    """The sandbox without HTTP and gRPC. `base_url` is where it answers, for calls from one service to another."""

    def __init__(
        self, data_dir: Path, base_url: str = "", clock: Clock | None = None, shelf: ModelShelf | None = None
    ) -> None:
        self.host = host = Host(data_dir, base_url, clock or Clock())
        self.yandex = Yandex(host)
        shelf = shelf or ModelShelf()
        shelf.take_in(self.yandex.embeddings)
        self.hub = Hub(host, shelf)
        self.iam = Iam(host)
        self.logs = LogGroups(host)
        self.storage = StorageControl(host, self.logs)
        self.secret = SecretManagement(host)
        self.inference = ModelRuns(host, self.secret, self.hub)
        self.models = Models(host, shelf)
        self.generation = Generation(host, shelf)
        self.knowledge = Knowledge(host, shelf, self.iam, self.inference)
        self.search = Search(self.iam, self.knowledge)

    def start(self) -> None:
        """Start the S3 server, and the work that a restart interrupted."""
        self.host.s3_server.start()
        self.knowledge.start()
        self.yandex.start()

    def reset(self) -> None:
        """Forget every resource, document, fault and request; settings, keys and the clock stay as they are."""
        self.host.faults.clear()
        self.host.state.clear(keep=KEPT_AS)
        self.host.wait_for_background()  # a build ends soon after its version was forgotten
        self.knowledge.clear()
        self.yandex.clear()
        delete_buckets(self.host.s3())
        self.host.request_log.clear()

    def close(self) -> None:
        """Cancel background work that has not begun, and close the state."""
        self.knowledge.close()
        self.yandex.close()
        self.host.close()
