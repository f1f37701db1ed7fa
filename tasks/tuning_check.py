"""Look before anything is uploaded: what the service would refuse after hours is said now."""

from blocks.yandex import YandexCloudCredentials
from clouds.errors import ConfigurationError
from clouds.yandex.client import YandexClient
from clouds.yandex.dataset import EnsuredDataset
from clouds.yandex.wire.uris import EmbedderUri
from tasks.documents import find_documents
from tasks.steps import LOOK_FIRST, step
from tasks.tuning import tuning_request
from tasks.tuning_spec import EmbedderTuning

ONE_WORD = "word"


@step("check-tuning", **LOOK_FIRST)
def check_tuning(yandex: YandexCloudCredentials, tuning: EmbedderTuning) -> str:
    """Return the URI of the base model in the block's folder, after a look that the key is accepted for every step.

    Raises:
        ConfigurationError: an embedder that cannot be tuned, a dimension out of range, or no document for the index.
        AuthenticationError, PermissionDeniedError: the key is not known, or lacks a role; says which.

    """
    index = tuning.use.search_index
    if index is not None:
        find_documents(index.documents, index.extensions)  # found missing after the tuning, they would cost it a day
    base_model_uri = _in_folder(tuning.base_model, yandex.folder_id)
    client = yandex.get_client()
    unsent = [EnsuredDataset(source, tuning.name, "created", 0, 0) for source in tuning.data.sources]
    client.tunings.check(tuning_request(tuning, base_model_uri, unsent, None))
    _try_roles(client, base_model_uri, indexes=index is not None)
    return base_model_uri


def _try_roles(client: YandexClient, base_model_uri: str, *, indexes: bool) -> None:
    """Ask each service that the run will need; the embedding of one word is what judging costs many times over."""
    client.tunings.list()
    next(client.datasets.list(), None)
    client.embeddings.embed(base_model_uri, [ONE_WORD])
    if indexes:
        client.search_indexes.list()


def _in_folder(base_model: str, folder_id: str) -> str:
    try:
        uri = EmbedderUri.parse(base_model)
    except ValueError as error:
        raise ConfigurationError(f"base_model: {error}") from error
    return str(uri if uri.folder_id else EmbedderUri(folder_id, uri.model, uri.version, uri.suffix))
