"""Judge a tuned embedder: base, what is in service and the tuned one search the same texts for the same questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from prefect import get_run_logger

from blocks.yandex import YandexCloudCredentials
from clouds.errors import BadRequestError, NotFoundError
from clouds.yandex.tuning import FinishedTuning
from domain.embedder_gain import gain_over
from domain.embedder_judgement import (
    EmbedderScores,
    Role,
    TuningJudgement,
    is_better,
    measure_name,
)
from domain.embedder_tuning import EmbedderTuning, JudgementSpec
from domain.keys import TuningKey
from domain.ranking import RankingScores
from domain.reports.tuning_markdown import judgement_text
from domain.retrieval_golden import RetrievalGolden
from domain.retrieval_scores import Vectors, cut, retrieval_scores
from domain.training_data.spec import TextPrefixes
from tasks.run.artifacts import write_page
from tasks.run.embedder_record import embedder_in_service
from tasks.run.progress import Advance, progress
from tasks.run.steps import LOOK_FIRST, step, stop_when_another_failed


@dataclass(frozen=True)
class Rival:
    """An embedder that is judged; `dim` is the length at which it is used, None: its own."""

    role: Role
    model_uri: str
    dim: int | None
    prefixes: TextPrefixes


@dataclass(frozen=True)
class Searched:
    """The vectors of a rival at its full length: texts [n, d], queries [m, d]."""

    rival: Rival
    texts: Vectors
    queries: Vectors


@step("judge", run_name="judge {tuning.name}", **LOOK_FIRST)
def judge(
    yandex: YandexCloudCredentials,
    tuning: EmbedderTuning,
    golden: RetrievalGolden,
    base_model_uri: str,
    tuned: FinishedTuning,
) -> TuningJudgement:
    """Return what each embedder scores, at each dimension, and whether the tuned one is better as it would be used.

    A text is embedded once for each model, at full length: shorter vectors are its beginning, as the service itself
    cuts them. The tuned model gets the prefixes it was tuned with, the base model gets none, as each is used.
    """
    name, key = tuning.name, TuningKey(yandex.folder_id, tuning.name)
    rivals = [Rival("base", base_model_uri, None, TextPrefixes())]
    serving = embedder_in_service(key)
    if serving is not None and serving.model_uri != tuned.target_model_uri:
        rivals.append(Rival("in service", serving.model_uri, serving.dim, serving.prefixes))
    rivals.append(Rival("tuned", tuned.target_model_uri, tuning.use.dim, tuning.data.prefixes))
    total = len(rivals) * (len(golden.corpus) + len(golden.questions))
    with progress(
        key.artifact("judge"), f"Golden texts and questions to {len(rivals)} embedders", total=total
    ) as advance:
        searched = _searched(yandex, rivals, golden, advance)
    judgement = _judgement(searched, golden, tuning.golden, tuning.parameters.embedding_dims)
    write_page(key, "judgement", judgement_text(name, judgement), f"Judgement of {name}")
    get_run_logger().info("%s is %s", tuned.target_model_uri, judgement)
    return judgement


def _searched(
    yandex: YandexCloudCredentials, rivals: Sequence[Rival], golden: RetrievalGolden, advance: Advance
) -> list[Searched]:
    """Embed everything; what is in service and not there any more is left out."""
    embeddings, before = yandex.get_client().embeddings, 0
    found: list[Searched] = []
    for rival in rivals:
        texts = [rival.prefixes.document + text.text for text in golden.corpus]
        queries = [rival.prefixes.query + question.query for question in golden.questions]
        asked = [*texts, *queries]
        on_done = partial(_tell, advance, before, rival.role)
        before += len(asked)
        try:
            vectors = np.asarray(embeddings.embed(rival.model_uri, asked, on_done=on_done))
        except (NotFoundError, BadRequestError) as error:  # a model that is gone is answered "invalid model_uri"
            if rival.role != "in service":
                raise
            get_run_logger().warning("%s, which is in service, is gone: %s", rival.model_uri, error)
            continue
        found.append(Searched(rival, vectors[: len(texts)], vectors[len(texts) :]))
    return found


def _tell(advance: Advance, before: int, role: Role, done: int) -> None:
    stop_when_another_failed()
    advance(before + done, f"{done} by {role}")


def _judgement(
    searched: Sequence[Searched], golden: RetrievalGolden, spec: JudgementSpec, dims: Sequence[int]
) -> TuningJudgement:
    relevant = golden.relevant_places()
    table: list[EmbedderScores] = []
    used: dict[Role, list[RankingScores]] = {}
    used_dims: dict[Role, int] = {}
    for one in searched:
        length = one.texts.shape[1]
        used_dim = one.rival.dim or length
        for dim in sorted({*(dim for dim in dims if dim <= length), length, used_dim}, reverse=True):
            scores = retrieval_scores(cut(one.texts, dim), cut(one.queries, dim), relevant, spec.k)
            table.append(EmbedderScores.of(one.rival.role, one.rival.model_uri, dim, scores))
            if dim == used_dim:
                used[one.rival.role], used_dims[one.rival.role] = scores, dim
    gains = [gain_over(role, used["tuned"], used[role], spec.measure) for role in used if role != "tuned"]
    return TuningJudgement(
        better=is_better(gains, spec.better_by),
        measure=measure_name(spec.measure, spec.k),
        dim=used_dims["tuned"],
        k=spec.k,
        questions=len(golden.questions),
        texts=len(golden.corpus),
        gains=tuple(gains),
        scores=tuple(table),
    )
