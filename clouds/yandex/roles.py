"""Which role on the folder each kind of call needs. Source: docs/yandex-api.md, Roles."""

DATASETS = "ai.datasets.editor"
TUNINGS = "ai.models.editor and ai.datasets.user"
EMBEDDINGS = "ai.languageModels.user"
INDEXES = "ai.assistants.editor and ai.languageModels.user"
ALL = "ai.editor"
"""Holds all of the above."""
