"""Get the blocks that say who we are, and close their connections when the run is over."""

from collections.abc import Generator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TypeVar, cast

from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from pydantic import ValidationError

from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from blocks.yandex import YandexCloudCredentials
from clouds.errors import ConfigurationError
from clouds.extras import check_yandex

B = TypeVar("B", bound=Block)
NAMED = 20
"""So many blocks are named."""
EitherCloud = CloudRuCredentials | YandexCloudCredentials
EITHER: tuple[type[EitherCloud], ...] = (CloudRuCredentials, YandexCloudCredentials)


@contextmanager
def cloud_credentials(cloud: str) -> Generator[CloudRuCredentials]:
    """Load the block of the cloud by name; its client is shared by all tasks of the run and closed at its end."""
    cloudru = _load(CloudRuCredentials, cloud, "Cloud.ru credentials")
    try:
        yield cloudru
    finally:
        cloudru.close()


@contextmanager
def credentials(cloud: str, huggingface: str) -> Generator[tuple[CloudRuCredentials, HuggingFaceCredentials]]:
    """Load both blocks by name; their clients are shared by all tasks of the run and closed at its end."""
    with cloud_credentials(cloud) as cloudru:
        yield cloudru, _load(HuggingFaceCredentials, huggingface, "Hugging Face credentials")


@contextmanager
def yandex_credentials(cloud: str) -> Generator[YandexCloudCredentials]:
    """Load the block of Yandex Cloud by name; its client is shared by all tasks of the run and closed at its end."""
    check_yandex()
    yandex = _load(YandexCloudCredentials, cloud, "Yandex Cloud credentials")
    try:
        yield yandex
    finally:
        yandex.close()


@contextmanager
def either_cloud(name: str) -> Generator[EitherCloud]:
    """Load the block of that name, whichever of the two clouds it is of; `type/name` where both have the name.

    Raises:
        ConfigurationError: neither cloud has a block of that name, both have, or what it holds cannot be read.

    """
    kind, _, short = name.rpartition("/")
    kinds = [each for each in EITHER if kind in ("", each.get_block_type_slug())]
    found = [block for each in kinds for block in _found(each, short)]
    if len(found) != 1:
        slugs = " and ".join(f"{each.get_block_type_slug()}/{short}" for each in kinds or EITHER)
        raise ConfigurationError(
            f"both {slugs} are there: write the one that is meant, with its type"
            if found
            else f"there is neither of the blocks {slugs}: make one in the UI, Blocks > +, or correct the name"
        )
    try:
        yield found[0]
    finally:
        found[0].close()


def _found(block_type: type[EitherCloud], name: str) -> list[EitherCloud]:
    try:
        return [_readable(block_type, name)]
    except ValueError:
        return []


def _readable(block_type: type[B], name: str) -> B:
    """Return a block.

    Raises:
        ValueError: there is none of that name.
        ConfigurationError: what it holds is not what this release reads.

    """
    try:
        return cast("B", block_type.load(name))  # synchronous here, a coroutine only inside an event loop
    except RuntimeError as error:  # Prefect 3.9.1 raises it from pydantic's
        if not isinstance(error.__cause__, ValidationError):
            raise
        found = _unreadable(block_type.get_block_type_slug(), name, error.__cause__)
    raise found  # outside of the block: pydantic's own text quotes what the block holds


def _unreadable(slug: str, name: str, error: ValidationError) -> ConfigurationError:
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, fault["loc"]))
    return ConfigurationError(
        f"the block {slug}/{name} cannot be read: {place}: {fault['msg']}. Correct it in the UI under Blocks"
    )


def _load(block_type: type[B], name: str, field: str) -> B:
    """Return a block; `field` is the form's field that names it.

    Raises:
        ConfigurationError: there is none of that name, or what it holds is not what this release reads.

    """
    slug, title = block_type.get_block_type_slug(), block_type.get_block_type_name()
    try:
        return _readable(block_type, name)
    except ValueError as error:
        raise ConfigurationError(_none_of(slug, title, name, field)) from error


def _none_of(slug: str, title: str, name: str, field: str) -> str:
    with get_client(sync_client=True) as client:
        try:
            names = sorted(block.name for block in client.read_block_documents_by_type(slug) if block.name)
        except ObjectNotFound:  # the type is not registered yet
            names = []
    if not names:
        return (
            f"no block {slug}/{name}; run `prefect block register -m blocks`, then `prefect block create {slug}` or, "
            f"in the UI, Blocks > + > {title}, and save it under the name {name!r}"
        )
    alike = get_close_matches(name, names, 1)
    meant = f" (is {alike[0]} meant?)" if alike else ""
    return (
        f"no block {slug}/{name}{meant}; there are: {', '.join(names[:NAMED])}. Name one of them in the field "
        f"{field!r} of the run, or make it in the UI: Blocks > + > {title}"
    )
