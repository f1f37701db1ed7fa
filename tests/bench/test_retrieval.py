"""The goal of the stand-ins, held on corpora that nothing was tuned on."""

import pytest

from bench.corpus import Corpus, bilingual_corpus, own_corpus
from bench.retrieval import ALLOWED_BELOW_BM25, KINDS, bm25, ndcg, rerank, retrieve
from sandbox.engines.embed import StandInEmbedder
from sandbox.engines.rerank import StandInReranker

HELD_OUT = [
    *(own_corpus(language, "heldout", kind) for language in ("russian", "english") for kind in KINDS),
    *(bilingual_corpus("heldout", kind) for kind in KINDS),
]


@pytest.fixture(scope="module")
def reranker() -> StandInReranker:
    """Load it once, with its embedder; it remembers the vectors of documents that corpora share."""
    return StandInReranker(StandInEmbedder())


@pytest.mark.parametrize("corpus", HELD_OUT, ids=lambda corpus: corpus.name)
def test_goal(corpus: Corpus, reranker: StandInReranker) -> None:
    """Retrieval within 0.05 nDCG@10 of BM25 with stemming, and at least equal to it after the reranker."""
    baseline = ndcg(corpus, bm25(corpus))
    retrieved = retrieve(corpus, reranker.embedder)
    assert ndcg(corpus, retrieved) >= baseline - ALLOWED_BELOW_BM25
    assert ndcg(corpus, rerank(corpus, reranker, retrieved)) >= baseline


def test_the_baseline_is_strong() -> None:
    """BM25 finds nearly all that shares words: the goal is not reached by a weak baseline."""
    for language in ("russian", "english"):
        corpus = own_corpus(language, "heldout", "keyword")
        assert ndcg(corpus, bm25(corpus)) > 0.95


def test_corpora_are_apart() -> None:
    """No document and no query of the tuning corpora is held out."""
    for language in ("russian", "english"):
        tuning, held_out = own_corpus(language, "tuning", "keyword"), own_corpus(language, "heldout", "keyword")
        assert not set(tuning.documents) & set(held_out.documents)
        assert not set(tuning.queries) & set(held_out.queries)
