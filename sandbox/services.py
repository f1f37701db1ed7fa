"""The services of one sandbox: built from the host, started, reset and closed together."""

from pathlib import Path

from sandbox.clock import Clock
from sandbox.cloudru.cloud import CloudRu
from sandbox.engines.models import ModelShelf
from sandbox.host import Host
from sandbox.huggingface.hub import Hub
from sandbox.object_store.buckets import delete_buckets
from sandbox.repositories import Repositories
from sandbox.settings import KEPT_AS
from sandbox.yandex.cloud import Yandex


class Services:
    """The sandbox without HTTP and gRPC. `base_url` is where it answers, for calls from one service to another."""

    def __init__(
        self, data_dir: Path, base_url: str = "", clock: Clock | None = None, shelf: ModelShelf | None = None
    ) -> None:
        self.host = Host(data_dir, base_url, clock or Clock())
        self.yandex = Yandex(self.host)
        shelf = shelf or ModelShelf()
        shelf.take_in(self.yandex.embeddings)
        repositories = Repositories(self.host, shelf)
        self.hub = Hub(repositories)
        self.cloudru = CloudRu(self.host, shelf, repositories)

    def start(self) -> None:
        """Start the S3 server, and resume the work that the last process did not finish."""
        self.host.s3_server.start()
        self.cloudru.start()
        self.yandex.start()

    def reset(self) -> None:
        """Forget every resource, document, fault and request; settings, keys and the clock stay as they are."""
        self.host.faults.clear()
        self.host.state.clear(keep=KEPT_AS)
        self.host.wait_for_background()  # a build ends soon after its version was forgotten
        self.cloudru.clear()
        self.yandex.clear()
        delete_buckets(self.host.s3())
        self.host.request_log.clear()

    def close(self) -> None:
        """Stop background work, the S3 server and the state."""
        self.cloudru.close()
        self.yandex.close()
        self.host.close()
