"""Yandex Cloud without HTTP and gRPC: the rules of every service, each built from the host and from those it needs."""

from sandbox.host import Host
from sandbox.yandex.rules.dataset import Datasets
from sandbox.yandex.rules.embedding import Embeddings
from sandbox.yandex.rules.endpoint import ApiEndpoints
from sandbox.yandex.rules.files import Files
from sandbox.yandex.rules.iam import YandexIam
from sandbox.yandex.rules.operation import Operations
from sandbox.yandex.rules.search_index import SearchIndexes
from sandbox.yandex.rules.tuning import Tunings
from sandbox.yandex.rules.vector_store import VectorStores


class Yandex:
    """The services of one folder."""

    def __init__(self, host: Host) -> None:
        self.endpoints = ApiEndpoints(host)
        self.iam = YandexIam(host)
        self.operations = Operations(host)
        self.datasets = Datasets(host, self.operations)
        self.tunings = Tunings(host, self.operations, self.datasets)
        self.embeddings = Embeddings(host, self.tunings)
        self.files = Files(host)
        self.search_indexes = SearchIndexes(host, self.operations, self.files, self.embeddings)
        self.vector_stores = VectorStores(self.files, self.search_indexes)

    def start(self) -> None:
        """Resume the work that the last process did not finish."""
        self.datasets.validations.resume()
        self.tunings.resume()
        self.search_indexes.resume()

    def clear(self) -> None:
        """Stop work on deleted resources, and remove their files."""
        self.tunings.clear()
        self.search_indexes.clear()

    def close(self) -> None:
        """Stop running work; the next start resumes it."""
        self.datasets.validations.close()
        self.tunings.close()
