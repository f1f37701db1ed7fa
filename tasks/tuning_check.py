"""Look before anything is uploaded: what the service would refuse after hours is said now."""

from blocks.yandex import YandexCloudCredentials
from clouds.errors import ConfigurationError
from clouds.yandex.dataset import EnsuredDataset
from clouds.yandex.wire.uris import EmbedderUri
from tasks.documents import find_documents
from tasks.steps import LOOK_FIRST, step
from tasks.tuning import tuning_request
from tasks.tuning_spec import EmbedderTuning


@step("check-tuning", **LOOK_FIRST)
def check_tuning(yandex: YandexCloudCredentials, tuning: EmbedderTuning) -> str:
    """Return the URI of the base model in the block's folder, after a look that the key is accepted there.

    Raises:
        ConfigurationError: an embedder that cannot be tuned, a dimension out of range, or no document for the index.
        AuthenticationError, PermissionDeniedError: the key is not known, or lacks a role; says which.

    """
    index = tuning.use.search_index
    if index is not None:
        find_documents(index.documents, index.extensions)  # found missing after the tuning, they would cost it a day
    base_model_uri = _in_folder(tuning.base_model, yandex.folder_id)
    tunings = yandex.get_client().tunings
    unsent = [EnsuredDataset(source, tuning.name, "created", 0, 0) for source in tuning.data.sources]
    tunings.check(tuning_request(tuning, base_model_uri, unsent, None))
    tunings.list()
    return base_model_uri


def _in_folder(base_model: str, folder_id: str) -> str:
    try:
        uri = EmbedderUri.parse(base_model)
    except ValueError as error:
        raise ConfigurationError(f"base_model: {error}") from error
    return str(uri if uri.folder_id else EmbedderUri(folder_id, uri.model, uri.version, uri.suffix))
