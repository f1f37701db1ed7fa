"""Who we are on Hugging Face: the token that model runs pull their weights with."""

from huggingface_hub import HfApi
from prefect.blocks.abstract import CredentialsBlock
from pydantic import ConfigDict, Field, HttpUrl, SecretStr, ValidationInfo, field_validator

from blocks.pasted import cleaned
from clouds.huggingface import ENDPOINT


class HuggingFaceCredentials(CredentialsBlock):
    """Token of Hugging Face, with which model runs pull their weights, and the address of the hub.

    Example:
        ```python
        from blocks.huggingface import HuggingFaceCredentials

        credentials = HuggingFaceCredentials.load("BLOCK_NAME")
        print(credentials.get_client().whoami()["name"])
        ```

    """

    _block_type_name = "Hugging Face Credentials"
    _block_type_slug = "huggingface-credentials"
    _description = "Token of Hugging Face, with which model runs pull their weights, and the address of the hub."
    _logo_url = HttpUrl("https://github.com/huggingface.png")
    _documentation_url = HttpUrl("https://huggingface.co/docs/hub/security-tokens")

    model_config = ConfigDict(hide_input_in_errors=True)

    token: SecretStr = Field(
        default=SecretStr(""),
        title="Token",
        description="Read token; may be left empty when every repository is public.",
    )
    endpoint: str = Field(default=ENDPOINT, title="Endpoint", description="Address of the hub.", pattern=r"^https?://")

    @field_validator("token", "endpoint")
    @classmethod
    def _as_pasted(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        return cleaned(value, info)

    def get_client(self) -> HfApi:
        """Return a client of the hub; without a token it is anonymous, never the login of this machine."""
        return HfApi(endpoint=self.endpoint, token=self.token.get_secret_value() or False)
