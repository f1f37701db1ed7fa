"""Yandex Cloud without its wire: the rules of every service, as `services.yandex`."""

from typing import TYPE_CHECKING

from sandbox.yandex.rules.dataset import Datasets
from sandbox.yandex.rules.embedding import Embeddings
from sandbox.yandex.rules.endpoint import ApiEndpoints
from sandbox.yandex.rules.files import Files
from sandbox.yandex.rules.iam import YandexIam
from sandbox.yandex.rules.operation import Operations
from sandbox.yandex.rules.search_index import SearchIndexes
from sandbox.yandex.rules.tuning import Tunings

if TYPE_CHECKING:
    from sandbox.services import Services


class Yandex:
    """The services of one folder."""

    def __init__(self, services: "Services") -> None:
        settings, clock = services.settings_store, services.clock
        self.endpoints = ApiEndpoints(services.base_url)
        self.iam = YandexIam(services.data_dir, settings, clock)
        self.operations = Operations(services.state, settings, clock)
        self.datasets = Datasets(services, self.operations)
        self.tunings = Tunings(services, self.operations)
        self.embeddings = Embeddings(services, self.tunings)
        self.files = Files(services)
        self.search_indexes = SearchIndexes(services, self.operations, self.files, self.embeddings)

    def start(self) -> None:
        """Take up what the last process did not finish."""
        self.datasets.validations.resume()
        self.tunings.resume()
        self.search_indexes.resume()

    def clear(self) -> None:
        """End work on what was forgotten, and remove its files."""
        self.tunings.clear()
        self.search_indexes.clear()

    def close(self) -> None:
        """Stop work that goes on; it is taken up at the next start."""
        self.datasets.validations.close()
        self.tunings.close()
