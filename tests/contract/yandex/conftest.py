"""The fixtures of the sandbox's own tests of Yandex Cloud, and the played services of the client's."""

from tests.support.played_yandex import services, store
from tests.support.yandex_folder import channel, folder

__all__ = ["channel", "folder", "services", "store"]
