"""Who we are on Yandex Cloud: one credential of a service account, and the folder."""

import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from prefect.blocks.abstract import CredentialsBlock
from prefect.blocks.core import Block
from pydantic import (
    ConfigDict,
    Field,
    HttpUrl,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from blocks.connection import ASSUMED, in_words, with_connection
from blocks.pasted import cleaned
from clouds.errors import ConfigurationError
from clouds.extras import check_yandex
from clouds.recorder import Recorder
from clouds.yandex.assumptions import Assumptions
from clouds.yandex.auth import ApiKey, Auth, IamToken, read_authorized_key
from clouds.yandex.wire.endpoints import Endpoints

if TYPE_CHECKING:  # its packages are those of the extra `yandex`, and every worker reads this block's type
    from clouds.yandex.client import YandexClient

_CONNECTING = Lock()
CREDENTIALS = ("authorized_key", "iam_token", "api_key")


class YandexCloudConnection(Block):
    """Where the services of Yandex AI Studio answer, and what is assumed of them.

    Example:
        ```python
        from blocks.yandex import YandexCloudConnection

        connection = YandexCloudConnection.load("BLOCK_NAME")
        print(connection.endpoints.tuning)
        ```

    """

    _block_type_name = "Yandex Cloud Connection"
    _block_type_slug = "yandex-cloud-connection"
    _description = "Where Yandex AI Studio's services answer, and what is assumed of them. Most credentials need none."
    _documentation_url = HttpUrl("https://yandex.cloud/en/docs/iam/concepts/authorization/key")
    _logo_url = HttpUrl("https://github.com/yandex-cloud.png")

    endpoints: Endpoints = Field(
        default=Endpoints(),
        title="Endpoints",
        description="Where each service answers; the defaults are Yandex Cloud's own hosts.",
    )
    assumptions: Assumptions = Field(default=Assumptions(), title="Assumptions", description=ASSUMED)


class YandexCloudCredentials(CredentialsBlock):
    """One credential of a Yandex Cloud service account, and its folder.

    Example:
        ```python
        from blocks.yandex import YandexCloudCredentials

        credentials = YandexCloudCredentials.load("BLOCK_NAME")
        client = credentials.get_client()
        print([dataset.name for dataset in client.datasets.list()])
        ```

    """

    _block_type_name = "Yandex Cloud Credentials"
    _block_type_slug = "yandex-cloud-credentials"
    _description = "One credential of a Yandex Cloud service account, and its folder."
    _logo_url = HttpUrl("https://github.com/yandex-cloud.png")
    _documentation_url = HttpUrl("https://yandex.cloud/en/docs/iam/concepts/authorization/key")

    model_config = ConfigDict(hide_input_in_errors=True)

    folder_id: str = Field(
        title="Folder", description="Id of the folder in which datasets and tunings are made, `b1g...`.", min_length=1
    )
    authorized_key: SecretStr = Field(
        default=SecretStr(""),
        title="Authorized Key",
        description="The JSON file of an authorized key, as `yc iam key create` writes it; its tokens renew "
        "themselves. Fill in exactly one of the three credentials.",
    )
    iam_token: SecretStr = Field(
        default=SecretStr(""),
        title="IAM Token",
        description="An IAM token; it lives 12 hours at most, a tuning up to a day.",
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        title="API Key",
        description="An API key of the service account with the scope yc.ai.foundationModels.execute.",
    )
    connection: YandexCloudConnection | None = Field(
        default=None,
        title="Connection",
        description="Block with other endpoints or assumptions; without one Yandex Cloud's own hosts are asked.",
        json_schema_extra=in_words,
    )

    _client: "YandexClient | None" = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_releases(cls, values: Any) -> Any:
        return with_connection(values)

    @field_validator(*CREDENTIALS, mode="before")
    @classmethod
    def _empty_for_none(cls, credential: Any) -> Any:
        return "" if credential is None else credential

    @field_validator("folder_id", "iam_token", "api_key")
    @classmethod
    def _as_pasted(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        return cleaned(value, info, is_needed=info.field_name == "folder_id")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in CREDENTIALS if _filled(getattr(self, name))]
        if len(given) != 1:
            raise ValueError(
                f"fill in exactly one of {', '.join(CREDENTIALS)}; {' and '.join(given) or 'none'} "
                f"{'are' if len(given) > 1 else 'is'} filled in"
            )
        return self

    @model_validator(mode="after")
    def _is_a_key(self) -> Self:
        if _filled(self.authorized_key):
            try:
                self.auth()
            except ConfigurationError as error:
                raise ValueError(f"authorized_key: {error}") from None
        return self

    @property
    def endpoints(self) -> Endpoints:
        """Return where each service answers."""
        return self.connection.endpoints if self.connection else Endpoints()

    @property
    def assumptions(self) -> Assumptions:
        """Return what the client assumes."""
        return self.connection.assumptions if self.connection else Assumptions()

    def assuming(self, assumptions: Assumptions) -> Self:
        """Return the same credentials with other assumptions, unsaved."""
        return self.model_copy(
            update={"connection": YandexCloudConnection(endpoints=self.endpoints, assumptions=assumptions)}
        )

    def auth(self) -> Auth:
        """Return the one credential that is filled in."""
        if _filled(self.authorized_key):
            return read_authorized_key(self.authorized_key.get_secret_value())
        if _filled(self.iam_token):
            return IamToken(token=self.iam_token)
        return ApiKey(key=self.api_key)

    def get_client(self) -> "YandexClient":
        """Return the client of this block: one for all threads that hold it, so that they share token and connections.

        A flow loads the block once, hands it to its tasks and closes it at the end.
        """
        with _CONNECTING:
            if self._client is None:
                self._client = self.connect()
            return self._client

    def connect(
        self, recorder: Recorder | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> "YandexClient":
        """Return a client of its own, which the caller closes; `recorder` keeps what it is answered.

        `sleep` takes the seconds that it waits before it asks again.

        Raises:
            ConfigurationError: packages of the extra `yandex` are missing.

        """
        check_yandex()
        from clouds.yandex.client import YandexClient  # noqa: PLC0415  # only where its packages are needed

        return YandexClient(
            folder_id=self.folder_id,
            auth=self.auth(),
            endpoints=self.endpoints,
            assumptions=self.assumptions,
            recorder=recorder,
            sleep=sleep,
        )

    def close(self) -> None:
        """Close the client's connections, if it was ever used; the next `get_client` makes a new one."""
        with _CONNECTING:
            if self._client is not None:
                self._client.close()
                self._client = None


def _filled(secret: SecretStr) -> bool:
    """Say whether a field holds something."""
    return bool(secret.get_secret_value().strip())
