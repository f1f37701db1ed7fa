"""Credentials as people paste them: blanks around them go, what no credential has is named and not shown."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from blocks import CloudRuCredentials, HuggingFaceCredentials, YandexCloudCredentials
from clouds.errors import ConfigurationError
from clouds.huggingface import token_owner

Make = Callable[[str], Any]
BLOCKS: dict[str, tuple[Make, Callable[[Any], str]]] = {
    "key_id": (
        lambda text: CloudRuCredentials(key_id=text, key_secret=SecretStr("s"), project_id="p"),
        lambda block: block.key_id,
    ),
    "key_secret": (
        lambda text: CloudRuCredentials(key_id="k", key_secret=SecretStr(text), project_id="p"),
        lambda block: block.key_secret.get_secret_value(),
    ),
    "project_id": (
        lambda text: CloudRuCredentials(key_id="k", key_secret=SecretStr("s"), project_id=text),
        lambda block: block.project_id,
    ),
    "token": (
        lambda text: HuggingFaceCredentials(token=SecretStr(text)),
        lambda block: block.token.get_secret_value(),
    ),
    "folder_id": (
        lambda text: YandexCloudCredentials(folder_id=text, api_key=SecretStr("a")),
        lambda block: block.folder_id,
    ),
    "iam_token": (
        lambda text: YandexCloudCredentials(folder_id="f", iam_token=SecretStr(text)),
        lambda block: block.iam_token.get_secret_value(),
    ),
    "api_key": (
        lambda text: YandexCloudCredentials(folder_id="f", api_key=SecretStr(text)),
        lambda block: block.api_key.get_secret_value(),
    ),
}


@pytest.mark.parametrize("field", BLOCKS)
@pytest.mark.parametrize("around", ["\n", "\r\n", " ", "\u00a0", "\ufeff", "\u200b"])
def test_what_is_around_a_credential_goes(field: str, around: str) -> None:
    """A line break, a blank, a no-break space, a byte order mark that came along."""
    make, value = BLOCKS[field]

    assert value(make(f"{around}sentinel-1{around}")) == "sentinel-1"


@pytest.mark.parametrize("field", BLOCKS)
@pytest.mark.parametrize(
    ("inside", "said"),
    [("\n", r"U\+000A"), (" ", r"space \(U\+0020"), ("\u0441", "cyrillic small letter es"), ("\u2026", "ellipsis")],
)
def test_what_no_credential_has_is_named(field: str, inside: str, said: str) -> None:
    """Which field, what and at which character; the credential itself is not shown."""
    make, _ = BLOCKS[field]
    with pytest.raises(ValidationError, match=rf"{field} holds .*{said}.* at character 9 of") as caught:
        make(f"sentinel{inside}1")

    assert "sentinel" not in str(caught.value)


@pytest.mark.parametrize("field", ["key_id", "key_secret", "project_id", "folder_id"])
def test_a_blank_credential_is_none(field: str) -> None:
    """It is said at the block, and not by the service as a refusal."""
    with pytest.raises(ValidationError, match=f"{field} is blank"):
        BLOCKS[field][0](" \n")


def test_a_client_without_a_block_says_it_too() -> None:
    """The hub's token reaches the client from a notebook as well."""
    with pytest.raises(ConfigurationError, match="token holds cyrillic") as caught:
        token_owner(endpoint="http://127.0.0.1:9", token=SecretStr("hf_\u0441entinel"))
    assert "entinel" not in str(caught.value)
