"""Which embedder may be tuned and which may embed, checked before anything is sent.

A wrong folder or model is answered only with "invalid model_uri" (seen in homeassistant-yandexgpt, issue 14, read
2026-11-21), and a tuning may stand in the queue before that.
"""

from clouds.errors import ConfigurationError
from clouds.yandex.wire.uris import BASE_MODEL, LATEST, MODELS, EmbedderUri


def tunable(model_uri: str, folder_id: str) -> EmbedderUri:
    """Return the base model of a tuning.

    Raises:
        ConfigurationError: no such URI, another folder, or a model that cannot be tuned; says what to write.

    """
    uri = _parsed(model_uri)
    wrong = uri.why_not_tunable(folder_id)
    if wrong:
        raise ConfigurationError(wrong)
    return uri


def usable(model_uri: str, folder_id: str) -> EmbedderUri:
    """Return the embedder, base or tuned.

    Raises:
        ConfigurationError: no such URI, another folder, or a model that is not published; says what to write.

    """
    uri = _parsed(model_uri)
    if uri.folder_id != folder_id:
        raise ConfigurationError(
            f"{uri} belongs to the folder {uri.folder_id or '(none)'}, the credentials to {folder_id}: "
            f"write emb://{folder_id}/{uri.model}/{uri.version}{f'@{uri.suffix}' if uri.suffix else ''}, or take the "
            "credentials of that folder"
        )
    if uri.model not in MODELS or (uri.suffix and uri.model != BASE_MODEL):
        raise ConfigurationError(
            f"{uri} is no embedder: the models are {', '.join(MODELS)}, and a tuned one is "
            f"emb://{folder_id}/{BASE_MODEL}/{LATEST}@SUFFIX"
        )
    return uri


def _parsed(model_uri: str) -> EmbedderUri:
    try:
        return EmbedderUri.parse(model_uri)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
