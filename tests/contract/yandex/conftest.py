"""The fixtures of the sandbox's own tests of Yandex Cloud."""

from tests.sandbox.yandex.conftest import channel, folder

__all__ = ["channel", "folder"]
