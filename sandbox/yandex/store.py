"""Resources of one kind, by id: an id that does not exist is refused with NOT_FOUND."""

import grpc

from sandbox.host import Host
from sandbox.state import Collection, Document
from sandbox.yandex.refusal import YandexRefusal


class Store(Collection[Document]):
    """The resources of the folder; `noun` names one of them in a refusal."""

    def __init__(self, host: Host, kind: str, model: type[Document], noun: str) -> None:
        super().__init__(host.state, kind, model)
        self._noun = noun

    def existing(self, key: str) -> Document:
        """Return a resource, or refuse with NOT_FOUND."""
        found = self.get(key)
        if found is None:
            raise YandexRefusal(grpc.StatusCode.NOT_FOUND, f"{self._noun} {key} not found")
        return found
