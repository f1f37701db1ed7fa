"""The fixtures of the sandbox's own tests of Yandex Cloud."""

from tests.support.yandex_folder import channel, folder

__all__ = ["channel", "folder"]
