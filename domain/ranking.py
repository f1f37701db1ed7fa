"""How well chunks are ranked, by trec_eval's measures: a test compares them with trec_eval's own.

What is judged is a golden phrase, not a chunk: it is at the rank of the first chunk that comes from an expected source
and contains it. So figures of versions that cut the same text into other chunks can be compared, and overlap, which
puts a phrase into two chunks, is neither rewarded nor punished. To trec_eval each phrase is a topic with one relevant
document (known-item search), a question's figure is the mean over its phrases, and recall@k says which share of the
phrases the first k chunks hold. A phrase that the splitter cut in two is in no chunk: its figures are 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from statistics import fmean

from clouds.cloudru.wire.search import Chunk
from domain.golden import GoldenQuestion
from domain.same_text import has_phrase, is_meant

Judgements = Mapping[str, Mapping[str, int]]
"""Relevance of documents by topic, as trec_eval's qrels."""
Run = Mapping[str, Mapping[str, float]]
"""Scores of the documents found by topic, as trec_eval's run: a higher score is a better rank."""
NOWHERE = "nowhere"


@dataclass(frozen=True)
class RankingScores:
    """Recall at k, reciprocal rank and nDCG at k, each 0 to 1."""

    recall: float
    reciprocal_rank: float
    ndcg: float


def trec_scores(judgements: Judgements, run: Run, k: int) -> dict[str, RankingScores]:
    """Return the scores of each topic that is judged; one of which nothing was found has zeros.

    As trec_eval does: a document is relevant above 0, its relevance is its gain, and of equal scores the later name
    ranks first. Source: recall, recip_rank and ndcg_cut of trec_eval 9.
    """
    return {topic: _scores(relevance, run.get(topic, {}), k) for topic, relevance in judgements.items()}


def _scores(relevance: Mapping[str, int], found: Mapping[str, float], k: int) -> RankingScores:
    ranked = sorted(found, key=lambda document: (found[document], document), reverse=True)
    gains = [max(0, relevance.get(document, 0)) for document in ranked]
    ideal = sorted((gain for gain in relevance.values() if gain > 0), reverse=True)
    if not ideal:
        return RankingScores(0.0, 0.0, 0.0)
    first = next((rank for rank, gain in enumerate(gains, start=1) if gain), None)
    return RankingScores(
        recall=sum(gain > 0 for gain in gains[:k]) / len(ideal),
        reciprocal_rank=0.0 if first is None else 1 / first,
        ndcg=_discounted(gains[:k]) / _discounted(ideal[:k]),
    )


def _discounted(gains: Sequence[int]) -> float:
    """Return the sum of the gains, each divided by the logarithm of its rank."""
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def mean_scores(scores: Sequence[RankingScores]) -> RankingScores:
    """Return the means over the queries."""
    return RankingScores(
        fmean(score.recall for score in scores),
        fmean(score.reciprocal_rank for score in scores),
        fmean(score.ndcg for score in scores),
    )


def ranking_scores(ranks: Sequence[int | None], found: int, k: int) -> RankingScores:
    """Return the mean scores of phrases at these ranks (from 1, None: in no chunk) among `found` chunks."""
    judgements = {str(number): {NOWHERE if rank is None else str(rank): 1} for number, rank in enumerate(ranks)}
    chunks = {str(rank): float(found - rank) for rank in range(1, found + 1)}
    return mean_scores([*trec_scores(judgements, dict.fromkeys(judgements, chunks), k).values()])


def phrase_ranks(question: GoldenQuestion, chunks: Sequence[Chunk], chunk_sources: Sequence[str]) -> list[int | None]:
    """Return, for each expected phrase, the rank of the first chunk of an expected source that contains it."""
    texts = [
        chunk.content if any(is_meant(expected, source) for expected in question.expected_sources) else ""
        for chunk, source in zip(chunks, chunk_sources, strict=True)
    ]
    return [
        next((rank for rank, text in enumerate(texts, start=1) if has_phrase(text, phrase)), None)
        for phrase in question.expected_phrases
    ]


def phrase_share(question: GoldenQuestion, answer: str) -> float:
    """Return which share of the expected phrases the answer contains, 0 to 1."""
    return fmean(has_phrase(answer, phrase) for phrase in question.expected_phrases)
