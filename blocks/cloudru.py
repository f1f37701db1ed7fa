"""Who we are on Cloud.ru: the key of a service account, and the project."""

from threading import Lock
from typing import Any, Self

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
from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.recorder import Recorder

_CONNECTING = Lock()


class CloudRuConnection(Block):
    """Where the services of Cloud.ru answer, and what is assumed of them.

    Example:
        ```python
        from blocks.cloudru import CloudRuConnection

        connection = CloudRuConnection.load("BLOCK_NAME")
        print(connection.endpoints.knowledge)
        ```

    """

    _block_type_name = "Cloud.ru Connection"
    _block_type_slug = "cloudru-connection"
    _description = "Where the services of Cloud.ru answer, and what is assumed of them. Most credentials need none."
    _documentation_url = HttpUrl("https://cloud.ru/docs/rag/ug/topics/api-ref__quickstart")
    _logo_url = HttpUrl("https://github.com/cloud-ru.png")

    endpoints: Endpoints = Field(
        default=Endpoints(),
        title="Endpoints",
        description="Where each service answers; the defaults are Cloud.ru's own hosts.",
    )
    assumptions: Assumptions = Field(default=Assumptions(), title="Assumptions", description=ASSUMED)


class CloudRuCredentials(CredentialsBlock):
    """Key of a Cloud.ru service account and its project.

    Example:
        ```python
        from blocks.cloudru import CloudRuCredentials

        credentials = CloudRuCredentials.load("BLOCK_NAME")
        client = credentials.get_client()
        print([run.name for run in client.inferences.list()])
        ```

    """

    _block_type_name = "Cloud.ru Credentials"
    _block_type_slug = "cloudru-credentials"
    _description = "Key of a Cloud.ru service account and its project."
    _logo_url = HttpUrl("https://github.com/cloud-ru.png")
    _documentation_url = HttpUrl("https://cloud.ru/docs/rag/ug/topics/api-ref__quickstart")

    model_config = ConfigDict(hide_input_in_errors=True)

    key_id: str = Field(title="Key ID", description="Key ID of the service account's access key.", min_length=1)
    key_secret: SecretStr = Field(
        title="Key Secret", description="Key Secret of the access key; the console shows it once.", min_length=1
    )
    project_id: str = Field(
        title="Project", description="UUID of the project in which the stack is provisioned.", min_length=1
    )
    connection: CloudRuConnection | None = Field(
        default=None,
        title="Connection",
        description="Block with other endpoints or assumptions; without one Cloud.ru's own hosts are asked.",
        json_schema_extra=in_words,
    )

    _client: CloudRuClient | None = PrivateAttr(default=None)

    @field_validator("key_id", "key_secret", "project_id")
    @classmethod
    def _as_pasted(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        return cleaned(value, info, is_needed=True)

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_releases(cls, values: Any) -> Any:
        return with_connection(values)

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
            update={"connection": CloudRuConnection(endpoints=self.endpoints, assumptions=assumptions)}
        )

    def get_client(self) -> CloudRuClient:
        """Return the client of this block: one for all threads that hold it, so that they share token and connections.

        A flow loads the block once, hands it to its tasks and closes it at the end.
        """
        with _CONNECTING:
            if self._client is None:
                self._client = self.connect()
            return self._client

    def connect(self, recorder: Recorder | None = None) -> CloudRuClient:
        """Return a client of its own, which the caller closes; `recorder` keeps what it is answered."""
        return CloudRuClient(
            key_id=self.key_id,
            key_secret=self.key_secret.get_secret_value(),
            project_id=self.project_id,
            endpoints=self.endpoints,
            assumptions=self.assumptions,
            recorder=recorder,
        )

    def close(self) -> None:
        """Close the client's connections, if it was ever used; the next `get_client` makes a new one."""
        with _CONNECTING:
            if self._client is not None:
                self._client.close()
                self._client = None
