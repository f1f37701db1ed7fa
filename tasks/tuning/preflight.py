"""Preflight of a tuning: what the service would refuse after hours is refused before anything is uploaded."""

from uuid import uuid4

from upath import UPath

from blocks.yandex import YandexCloudCredentials
from clouds.errors import BadRequestError, ConfigurationError
from clouds.yandex.client import YandexClient
from clouds.yandex.dataset import EnsuredDataset
from clouds.yandex.wire.uris import EmbedderUri
from domain.embedder_tuning import EmbedderTuning
from domain.faults import refuse
from domain.golden import NAMED
from domain.retrieval_golden import RetrievalGolden
from tasks.run.documents import find_documents
from tasks.run.steps import LOOK_FIRST, step
from tasks.tuning.tuning import tuning_request

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


@step("check-results")
def check_results(results: str, name: str) -> None:
    """Write an empty file where the metrics of the tuning will be kept, and delete it.

    Raises:
        ConfigurationError: the folder or URL cannot be written.

    """
    try:
        folder = UPath(results).expanduser() / name
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f".write-test-{uuid4().hex[:8]}"
        trial.write_bytes(b"")
        trial.unlink()
    except Exception as error:  # file systems of fsspec let the errors of their libraries through
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"results {results} cannot be written: {reason}; name a folder or URL that this worker may write"
        ) from error


@step("check-golden-texts", **LOOK_FIRST)
def check_golden_texts(
    yandex: YandexCloudCredentials, tuning: EmbedderTuning, golden: RetrievalGolden, base_model_uri: str
) -> None:
    """Embed the longest golden texts and questions, longest first, until the embedder takes one.

    A text that cannot have too many tokens is not sent: it has at most one a character.

    Raises:
        ConfigurationError: a line for each text that the embedder does not take; judging would fail by it.

    """
    prefixes = tuning.data.prefixes
    texts = [
        (f"{tuning.golden.corpus}: the text of id {one.id!r}", prefixes.document + one.text) for one in golden.corpus
    ]
    texts += [
        (f"{tuning.golden.questions}: {one.query[:50]!r}", prefixes.query + one.query) for one in golden.questions
    ]
    client, faults = yandex.get_client(), list[str]()
    for what, text in sorted(texts, key=lambda one: len(one[1]), reverse=True):
        if len(text) < yandex.assumptions.dataset.longest_text_tokens or len(faults) == NAMED:
            break
        try:
            client.embeddings.embed(base_model_uri, [text])
        except BadRequestError as error:
            faults.append(
                f"{what} has {len(text)} characters with its prefix, and the embedder takes less: {error.message}"
            )
        else:
            break
    refuse(faults)


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
