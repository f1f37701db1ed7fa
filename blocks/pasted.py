"""Values that a person pasted into a block's form."""

from pydantic import SecretStr, ValidationInfo

from clouds.credential import clean_credential
from clouds.errors import ConfigurationError


def cleaned(value: str | SecretStr, info: ValidationInfo, *, is_needed: bool = False) -> str | SecretStr:
    """Return a credential without what was pasted along.

    Raises:
        ValueError: it is blank and `is_needed`, or has what no credential has; says which, and shows nothing of it.

    """
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    try:
        kept = clean_credential(info.field_name or "the credential", text)
    except ConfigurationError as error:
        raise ValueError(error.message) from None
    if is_needed and not kept:
        raise ValueError(f"{info.field_name} is blank: fill it in")
    return SecretStr(kept) if isinstance(value, SecretStr) else kept
