"""Get the blocks that say who we are, and close their connections when the run is over."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeVar, cast

from prefect.blocks.core import Block

from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from blocks.yandex import YandexCloudCredentials
from clouds.errors import ConfigurationError

B = TypeVar("B", bound=Block)


@contextmanager
def cloud_credentials(cloud: str) -> Generator[CloudRuCredentials]:
    """Load the block of the cloud by name; its client is shared by all tasks of the run and closed at its end."""
    cloudru = _load(CloudRuCredentials, cloud)
    try:
        yield cloudru
    finally:
        cloudru.close()


@contextmanager
def credentials(cloud: str, huggingface: str) -> Generator[tuple[CloudRuCredentials, HuggingFaceCredentials]]:
    """Load both blocks by name; their clients are shared by all tasks of the run and closed at its end."""
    with cloud_credentials(cloud) as cloudru:
        yield cloudru, _load(HuggingFaceCredentials, huggingface)


@contextmanager
def yandex_credentials(cloud: str) -> Generator[YandexCloudCredentials]:
    """Load the block of Yandex Cloud by name; its client is shared by all tasks of the run and closed at its end."""
    yandex = _load(YandexCloudCredentials, cloud)
    try:
        yield yandex
    finally:
        yandex.close()


def _load(block_type: type[B], name: str) -> B:
    try:
        return cast("B", block_type.load(name))  # synchronous here, a coroutine only inside an event loop
    except ValueError as error:
        slug, title = block_type.get_block_type_slug(), block_type.get_block_type_name()
        raise ConfigurationError(
            f"no block {slug}/{name}; run `prefect block register -m blocks`, then `prefect block create {slug}` or, "
            f"in the UI, Blocks > + > {title}, and save it under the name {name!r}"
        ) from error
