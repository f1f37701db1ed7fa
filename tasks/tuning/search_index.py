"""A search index made with the tuned model: it must find what it is asked for before the model is published."""

from dataclasses import dataclass

from prefect import get_run_logger

from blocks.yandex import YandexCloudCredentials
from clouds.errors import WrongAnswerError
from clouds.yandex.search import Document, EnsuredSearchIndex
from clouds.yandex.tuning import FinishedTuning
from domain.embedder_judgement import TuningJudgement
from domain.embedder_tuning import EmbedderTuning
from domain.keys import artifact_key
from domain.probe import spelled
from domain.same_text import has_phrase
from tasks.run.documents import find_documents
from tasks.run.progress import progress
from tasks.run.steps import LOOK_FIRST, left_of, step, stop_when_another_failed

SEARCHABLE_WITHIN_S = 3600.0


@dataclass(frozen=True)
class ProvedIndex:
    """An index that has answered; `passage` is what it found."""

    index_id: str
    passage: str


@step("ensure-search-index", run_name="ensure-search-index {tuning.name}", **LOOK_FIRST)
def ensure_search_index(
    yandex: YandexCloudCredentials, tuning: EmbedderTuning, tuned: FinishedTuning, judgement: TuningJudgement
) -> EnsuredSearchIndex | None:
    """Adopt or begin to build the index; None when none is asked for, or when the model will not be published."""
    spec = tuning.use.search_index
    if spec is None or not tuning.use.publishes(better=judgement.better):
        return None
    documents = find_documents(spec.documents, spec.extensions).documents
    files = tuple(Document(document.name, document.path.read_bytes()) for document in documents)
    ensured = yandex.get_client().search_indexes.ensure(spec.name, files, tuned.target_model_uri)
    for replaced in ensured.replaces:
        get_run_logger().warning(
            "The index %s of the name %s stays: delete it when it is not asked any more", replaced, spec.name
        )
    return ensured


@step("prove-search-index", run_name="prove-search-index {tuning.name}", **LOOK_FIRST)
def prove_search_index(
    yandex: YandexCloudCredentials, tuning: EmbedderTuning, ensured: EnsuredSearchIndex | None
) -> ProvedIndex | None:
    """Wait until the index can be searched, and ask it.

    Raises:
        WrongAnswerError: no passage found has the phrase.

    """
    spec = tuning.use.search_index
    if spec is None or ensured is None:
        return None
    client = yandex.get_client()
    with progress(
        artifact_key("wait-for", yandex.folder_id, spec.name), f"Until {spec.name} can be searched", total=1
    ) as advance:

        def on_look(seen: str, _elapsed_s: float) -> None:
            stop_when_another_failed()
            advance(0, seen)

        index_id = client.search_indexes.wait_searchable(
            ensured, deadline_s=left_of(SEARCHABLE_WITHIN_S), on_look=on_look
        )
        advance(1, index_id)
    hits = client.vector_stores.search(index_id, tuning.data.prefixes.query + spec.question)
    for hit in hits:
        if has_phrase(hit.text, spec.phrase):
            return ProvedIndex(index_id, hit.text)
    raise WrongAnswerError(
        f"search index {spec.name} ({index_id}): none of the {len(hits)} passages found for {spec.question!r} has "
        f"{spelled(spec.phrase)}, so the model is not promoted. Correct phrase or documents, or leave search_index "
        "out."
    )
