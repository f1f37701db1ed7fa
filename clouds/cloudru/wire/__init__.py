"""What travels between us and Cloud.ru Evolution: pydantic models, enums, hosts, one file per service.

Shared by the client and by the sandbox, and refereed by the vendor samples in `tests/contract/`.
Models that we read ignore keys they do not know: a vendor may add fields. Marks used in the docstrings:
CONFIRMED (read in the named public source), INFERRED (deduced), UNKNOWN (not published; see `assumptions`).
"""
