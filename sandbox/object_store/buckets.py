"""Buckets of the services themselves: Yandex's datasets lie in the same store, and are no bucket of a user's."""

DRAFTS = "ai-fomo-drafts-prod"
"""Uploads of datasets, under `<folder>/<dataset id>`. Source: docs/yandex-api.md, recorded upload."""
DATASETS = "ai-fomo-datasets"
"""Datasets as they are kept; the name is the sandbox's own."""
METRICS = "ai-fomo-metrics"
"""Events of tunings, zipped; the name is the sandbox's own."""
SERVICE_BUCKETS = (DRAFTS, DATASETS, METRICS)
