"""What names may look like."""

RUN_NAME_PATTERN = r"^[a-z][a-z0-9-]*$"
"""Name of a model run. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21; its length limit is UNKNOWN."""
BUCKET_NAME_PATTERN = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
"""Bucket name: AWS's rule (3 to 63 characters), the safe common part; the service's own rule is UNKNOWN."""
KNOWLEDGE_BASE_NAME_PATTERN = r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$"
"""Knowledge base name. Source: cloud-ru/evo-aifactory-skills setup.py, read 2026-11-21."""
