"""The fixtures of the sandbox's own tests of Yandex Cloud, and the played services of the client's."""

from tests.clouds.yandex.conftest import services, store
from tests.sandbox.yandex.conftest import channel, folder

__all__ = ["channel", "folder", "services", "store"]
