"""Packages that only the extra `yandex` of the project installs: what serves Cloud.ru alone runs without them."""

from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec

from clouds.errors import ConfigurationError

YANDEX = ("grpc", "google.protobuf", "yandex", "pyrate_limiter", "tensorboard", "numpy")
"""What the extra `yandex` brings, by the names in imports."""


@contextmanager
def optional_yandex() -> Generator[None]:
    """Import what needs the extra; without it the names stay undefined, and `check_yandex` comes before their use."""
    try:
        yield
    except ModuleNotFoundError:
        if not missing_yandex():
            raise


def check_yandex() -> None:
    """Refuse to work on Yandex AI Studio without its packages.

    Raises:
        ConfigurationError: one is missing; one line says what to install.

    """
    missing = missing_yandex()
    if missing:
        raise ConfigurationError(
            f"Yandex AI Studio needs packages that are not installed here ({', '.join(missing)}), and nothing was "
            "changed: install managed-rag-flows[yandex] where this runs"
        )


def missing_yandex() -> list[str]:
    """Return the modules of the extra that cannot be imported."""
    return [module for module in YANDEX if not _is_there(module)]


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it is missing
        return False
