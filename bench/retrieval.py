"""Retrieval quality of the stand-ins beside BM25 with stemming and bare MiniLM: `python -m bench.retrieval`.

The last line is the worst of two ratios over the held-out corpora, both to be at most 1: (BM25 - 0.05) / embedder and
BM25 / embedder with reranker, all in nDCG@10. The reranker sees the ten best of the embedder, as a knowledge base does
by default.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import bm25s
import ir_measures
import numpy as np
import Stemmer
from ir_measures import nDCG

from bench.corpus import Corpus, Kind, Part, bilingual_corpus, docstring_corpus, own_corpus
from sandbox.engines.embed import StandInEmbedder
from sandbox.engines.models import EmbedderModel, RerankerModel
from sandbox.engines.rerank import StandInReranker

ALLOWED_BELOW_BM25 = 0.05
DEPTH = 10
KINDS: tuple[Kind, ...] = ("keyword", "paraphrased")

_CYRILLIC = re.compile("[а-яё]")
_RUSSIAN, _ENGLISH = Stemmer.Stemmer("russian"), Stemmer.Stemmer("english")

Ranking = list[tuple[int, float]]
"""Documents by their place, and their scores, best first."""


@dataclass(frozen=True)
class Quality:
    """The nDCG@10 of one corpus."""

    corpus: str
    held_out: bool
    bm25: float
    minilm: float
    embedder: float
    reranked: float

    @property
    def worst_ratio(self) -> float:
        """At most 1 when both goals are reached."""
        return max((self.bm25 - ALLOWED_BELOW_BM25) / self.embedder, self.bm25 / self.reranked)


def corpora(part: Part) -> list[Corpus]:
    """All corpora of one part: both languages, both together, and the docstrings."""
    own = [own_corpus(language, part, kind) for language in ("russian", "english") for kind in KINDS]
    return [*own, *(bilingual_corpus(part, kind) for kind in KINDS), docstring_corpus(part)]


def measure(corpus: Corpus, embedder: StandInEmbedder, reranker: StandInReranker, *, held_out: bool) -> Quality:
    """Rank the corpus four ways."""
    retrieved = retrieve(corpus, embedder)
    return Quality(
        corpus=corpus.name,
        held_out=held_out,
        bm25=ndcg(corpus, bm25(corpus)),
        minilm=ndcg(corpus, retrieve(corpus, embedder.minilm)),
        embedder=ndcg(corpus, retrieved),
        reranked=ndcg(corpus, rerank(corpus, reranker, retrieved)),
    )


def retrieve(corpus: Corpus, embedder: EmbedderModel) -> list[Ranking]:
    """Rank by the cosine of the vectors."""
    similarities = embedder.embed(corpus.queries) @ embedder.embed(corpus.documents).T
    return [best(scores) for scores in similarities]


def best(scores: np.ndarray) -> Ranking:
    """Give the ten best."""
    return [(int(place), float(scores[place])) for place in np.argsort(-scores, kind="stable")[:DEPTH]]


def rerank(corpus: Corpus, reranker: RerankerModel, rankings: Sequence[Ranking]) -> list[Ranking]:
    """Order what was found anew."""
    reranked: list[Ranking] = []
    for query, found in zip(corpus.queries, rankings, strict=True):
        scores = reranker.rerank(query, [corpus.documents[place] for place, _ in found])
        reranked.append([(found[at][0], float(scores[at])) for at in np.argsort(-scores, kind="stable")])
    return reranked


def bm25(corpus: Corpus) -> list[Ranking]:
    """Rank by BM25 (Lucene's, k1 1.5, b 0.75) over Snowball stems; what shares no stem is not found."""
    index = bm25s.BM25()
    index.index(_stemmed(corpus.documents), show_progress=False)
    nothing = np.zeros(len(corpus.documents))
    scored = [index.get_scores(stems) if stems else nothing for stems in _stemmed(corpus.queries)]
    return [[(place, score) for place, score in best(scores) if score > 0] for scores in scored]


def _stemmed(texts: Sequence[str]) -> list[list[str]]:
    split = [re.findall(r"\w+", text.lower().replace("ё", "е")) for text in texts]
    return [[(_RUSSIAN if _CYRILLIC.search(word) else _ENGLISH).stemWord(word) for word in words] for words in split]


def ndcg(corpus: Corpus, rankings: Sequence[Ranking]) -> float:
    """Mean nDCG@10 over the queries; the order of a ranking decides between equal scores."""
    qrels = {str(query): {str(place): 1} for query, place in enumerate(corpus.relevant)}
    run = {
        str(query): {str(place): float(DEPTH - rank) for rank, (place, _) in enumerate(ranking)}
        for query, ranking in enumerate(rankings)
    }
    return ir_measures.calc_aggregate([nDCG @ DEPTH], qrels, run)[nDCG @ DEPTH]


def main() -> None:
    """Print the table and the figure."""
    embedder = StandInEmbedder()
    reranker = StandInReranker(embedder)
    print(f"{'nDCG@10':34} {'BM25+stems':>10} {'MiniLM':>10} {'embedder':>10} {'+reranker':>10} {'ratio':>7}")
    worst = 0.0
    parts: tuple[Part, ...] = ("tuning", "heldout")
    for part in parts:
        for corpus in corpora(part):
            quality = measure(corpus, embedder, reranker, held_out=part == "heldout")
            figures = (quality.bm25, quality.minilm, quality.embedder, quality.reranked)
            print(f"{corpus.name:34} {' '.join(f'{figure:10.3f}' for figure in figures)} {quality.worst_ratio:7.3f}")
            worst = max(worst, quality.worst_ratio if quality.held_out else 0.0)
    print(f"retrieval: {worst:.3f}")


if __name__ == "__main__":
    main()
