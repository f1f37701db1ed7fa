"""The smallest test that tells what no read does, and its price.

Prices are INFERRED: docs/costs.md and the sources that stand here. Nothing was tried against a live service.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SmallTest:
    """What is made for it. `price_rub` is None where no price is known; `made` when the flow can make it."""

    name: str
    what: str
    price_rub: float | None
    source: str
    made: bool = False

    @property
    def price(self) -> str:
        """The price for reading."""
        if self.price_rub is None:
            return f"UNKNOWN: {self.source}"
        return f"{self.price_rub:g} RUB, INFERRED: {self.source}"


SECRET = SmallTest(
    "secret", "a secret with a random value, found again and deleted", 0.0,
    "third-party page of 2026-09-28: Secret Management is free", made=True,
)  # fmt: skip
BUCKET = SmallTest(
    "bucket", "a bucket with one object of 5 bytes and the canned ACL, both deleted; 20 requests at most", 0.0022,
    "annex EVO.3 (v260316): 0.1098 RUB per thousand", made=True,
)  # fmt: skip
MODEL = SmallTest(
    "model", "one model of 0.6 B on an A100, made by provision-rag, for a quarter of an hour", 88.5,
    "derived from annex EVO.11.1: 354 RUB an hour",
)  # fmt: skip
CONSOLE_MODEL = SmallTest(
    "model in the console",
    "one model of 0.6 B made in the console with authentication, logging and «Не выключать модель», for a quarter of "
    "an hour; then run probe-cloud again",
    88.5, "derived from annex EVO.11.1: 354 RUB an hour",
)  # fmt: skip
TUNED_MODEL = SmallTest(
    "tuned model", "a model run of an emb:// URI on an A100, for a quarter of an hour", 88.5,
    "derived from annex EVO.11.1: 354 RUB an hour",
)  # fmt: skip
CONSOLE_BASE = SmallTest(
    "knowledge base in the console",
    "one of a few short documents made in the console, with this in its form and an embedder of Foundation Models, "
    "deleted within the hour; run probe-cloud before that",
    0.01, "annexes EVO.20 (v260316) and EVO.11.2 (v260430): 1.3664 RUB per GB and hour, 0.854 per million tokens",
)  # fmt: skip
VERSION = SmallTest(
    "version", "a second version of a knowledge base of a few short documents, by refresh-rag", 0.01,
    "annex EVO.20 (v260316): 1.3664 RUB per GB and hour",
)  # fmt: skip
DELETED_BASE = SmallTest(
    "deletion", "delete a knowledge base of a few short documents and run probe-cloud meanwhile", 0.01,
    "annex EVO.20 (v260316): 1.3664 RUB per GB and hour",
)  # fmt: skip
QUESTION = SmallTest(
    "question", "a knowledge base whose embedder runs, asked one question", 0.0001,
    "annex EVO.20 (v260316): 0.0976 RUB per thousand requests",
)  # fmt: skip
LOG_GROUP = SmallTest("log group", "a log group, looked at in the console", None, "no price of log groups was found")
PROXY = SmallTest("network", "a network in which the hosts answer, straight or through a proxy", 0.0, "nothing is made")
BILL = SmallTest("bill", "the bill of a month in the console, beside what was used", 0.0, "nothing is made")
BROWSER = SmallTest(
    "browser", "the page of a version, opened in the console; its address is the value", 0.0, "nothing is made"
)
UNNAMED = SmallTest("none named", "none is named yet: report it", None, "no test is named for this field")
"""Of an assumption that the tables below lack: a test finds it, and until then it is a row all the same."""
ROLE = SmallTest("role", "a key that may read it; nothing is made", 0.0, "nothing is made")

CLOUDRU: Mapping[str, SmallTest] = {
    "connection.through_proxy": PROXY,
    "connection.visible_within_s": SECRET,
    "storage.send_acl": BUCKET,
    "storage.register_bucket": BUCKET,
    "storage.etag_is_md5": BUCKET,
    "secret.mappings": SECRET,
    "inference.token_secret": CONSOLE_MODEL,
    "inference.repository": CONSOLE_MODEL,
    "inference.embedding_task": CONSOLE_MODEL,
    "inference.score_task": CONSOLE_MODEL,
    "inference.generate_task": CONSOLE_MODEL,
    "inference.keep_running_field": CONSOLE_MODEL,
    "inference.service_account_field": CONSOLE_MODEL,
    "inference.log_group_field": CONSOLE_MODEL,
    "inference.qwen3_reranker_overrides": MODEL,
    "inference.embedder_uris": TUNED_MODEL,
    "inference.quota_paths": ROLE,
    "inference.runtime_template_paths": ROLE,
    "inference.name_taken_text": MODEL,
    "inference.reranker_margin": MODEL,
    "knowledge.embedder_also_by_name": CONSOLE_BASE,
    "knowledge.folder_path": CONSOLE_BASE,
    "knowledge.authentication_field": CONSOLE_BASE,
    "knowledge.service_account_field": CONSOLE_BASE,
    "knowledge.console_chat_url": BROWSER,
    "knowledge.gone_statuses": DELETED_BASE,
    "knowledge.separator_joint": CONSOLE_BASE,
    "knowledge.keep_separator_start": CONSOLE_BASE,
    "knowledge.keep_separator_end": CONSOLE_BASE,
    "knowledge.json_extractor": CONSOLE_BASE,
    "knowledge.json_schema_field": CONSOLE_BASE,
    "knowledge.markdown_extractor": CONSOLE_BASE,
    "knowledge.docx_extractor": CONSOLE_BASE,
    "knowledge.html_extractor": CONSOLE_BASE,
    "knowledge.new_version": VERSION,
    "knowledge.unreadable_documents_key": CONSOLE_BASE,
    "knowledge.chunk_source_keys": QUESTION,
    "logs.name": LOG_GROUP,
    "logs.retention_days": LOG_GROUP,
    "sizing.bytes_per_parameter": MODEL,
    "sizing.context_tokens": MODEL,
    "sizing.generate_requests_at_once": MODEL,
    "sizing.overhead_gb": MODEL,
    "sizing.usable_fraction": MODEL,
    "prices.stored_text_rub_per_gb_hour": BILL,
    "prices.knowledge_rub_per_thousand_requests": BILL,
    "prices.foundation_models_rub_per_million": BILL,
    "prices.object_storage_free_gb": BILL,
    "prices.object_storage_rub_per_gb_month": BILL,
    "prices.object_storage_rub_per_thousand_writes": BILL,
    "prices.object_storage_rub_per_thousand_reads": BILL,
    "prices.secrets_rub_per_month": BILL,
}

FILE = SmallTest(
    "file", "a file of 5 bytes, found in the list and deleted", 0.0,
    "yandex.cloud/docs/ai-studio/pricing: files are not billed", made=True,
)  # fmt: skip
EMBEDDINGS = SmallTest(
    "embeddings", "texts of one word, one call more than the quota of a second, all at once", None,
    "one unit a token; the price of 1000 units is in the price list", made=True,
)  # fmt: skip
DATASET = SmallTest("dataset", "a dataset of one row, uploaded and validated", None, "no price of datasets was found")
LARGE_DATASET = SmallTest(
    "large dataset", "a dataset above 100 MB, uploaded and validated", None, "no price of datasets was found"
)
TUNING = SmallTest(
    "tuning", "one tuning, which takes one of 3 starts an hour, then run probe-cloud again", 0.0,
    "yandex.cloud/docs/ai-studio/pricing: a tuning is not billed while it is a preview",
)  # fmt: skip
API_KEY = SmallTest(
    "API key", "an API key of the service account, in a block of its own", None, "no price of keys was found"
)

YANDEX: Mapping[str, SmallTest] = {
    "connection.through_proxy": PROXY,
    "connection.visible_within_s": FILE,
    "connection.operations_at": DATASET,
    "dataset.pair_task_type": DATASET,
    "dataset.triplet_task_type": DATASET,
    "dataset.multipart_above_bytes": LARGE_DATASET,
    "dataset.part_bytes": LARGE_DATASET,
    "dataset.fewest_rows": DATASET,
    "dataset.longest_text_tokens": DATASET,
    "tuning.smallest_dim": TUNING,
    "tuning.largest_dim": TUNING,
    "tuning.validation_field": TUNING,
    "embedding.calls_per_second": EMBEDDINGS,
    "search_index.api_key_scheme": API_KEY,
}


def made_for(paths: Sequence[str], tests: Mapping[str, SmallTest]) -> list[SmallTest]:
    """Return the tests that the flow can make for these assumptions, each once."""
    return [*dict.fromkeys(tests[path] for path in paths if tests.get(path, UNNAMED).made)]


def total(tests: Sequence[SmallTest]) -> str:
    """Return what these tests cost, and which have no known price."""
    known = sum(test.price_rub or 0.0 for test in tests)
    unknown = [test.name for test in tests if test.price_rub is None]
    return f"{known:g} RUB (INFERRED){f', and {_and(unknown)} of unknown price' if unknown else ''}"


def _and(names: Sequence[str]) -> str:
    return ", ".join(names)
