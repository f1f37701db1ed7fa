"""Managed RAG: knowledge bases, their versions, and the search in them."""

from clouds.cloudru.knowledge.client import EnsuredKnowledgeBase, KnowledgeBases
from clouds.cloudru.knowledge.decision import KnowledgeBaseDecision, decide, family, refusal, serving
from clouds.cloudru.knowledge.differences import base_differences, identity_differences, values
from clouds.cloudru.knowledge.reading import (
    Reading,
    ReadingDifferences,
    reading_differences,
    reported_reading,
    wanted_reading,
)
from clouds.cloudru.knowledge.request import repository_of, source_path
from clouds.cloudru.knowledge.search import Search
from clouds.cloudru.knowledge.source import Embedder, IndexSource, RunToCome
from clouds.cloudru.knowledge.version import UnreadableDocument, is_broken, read_at, unreadable_documents
from clouds.cloudru.knowledge.wait import IndexedKnowledgeBase

__all__ = [
    "Embedder",
    "EnsuredKnowledgeBase",
    "IndexSource",
    "IndexedKnowledgeBase",
    "KnowledgeBaseDecision",
    "KnowledgeBases",
    "Reading",
    "ReadingDifferences",
    "RunToCome",
    "Search",
    "UnreadableDocument",
    "base_differences",
    "decide",
    "family",
    "identity_differences",
    "is_broken",
    "read_at",
    "reading_differences",
    "refusal",
    "reported_reading",
    "repository_of",
    "serving",
    "source_path",
    "unreadable_documents",
    "values",
    "wanted_reading",
]
