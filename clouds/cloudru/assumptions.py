"""Everything about Cloud.ru's API that is not confirmed, in one place, each with its mark, source and default.

`Assumptions` is a field of the connection block: one that turns out wrong is corrected in the Prefect UI,
without editing code. Marks: INFERRED (deduced, from what stands in the source), UNKNOWN (no evidence; the default is a
guess), CONFLICT (published in two ways; both are tried, or the default takes one).
All sources were read on 2026-11-21. Facts that are CONFIRMED are not here: they stand where they are used.
"""

import json
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from clouds.assumption import Group, assumed

SKILLS = "cloud-ru/evo-aifactory-skills"
SECRET_SWAGGER = "cloudru-tech/secret-manager-sdk, swagger"  # noqa: S105  # a repository, not a secret
AGENTS_SWAGGER = "cloud-ru/evo-ai-agents-cli, swagger of the sister service AI Agents"

ANNEX = 'as cited in two third-party calculators, "verified 2026-05-22"; the annex was not seen'
"""How the tariff annexes are known."""

HF_OVERRIDES = json.dumps(
    {
        "architectures": ["Qwen3ForSequenceClassification"],
        "classifier_from_token": ["no", "yes"],
        "is_original_qwen3_reranker": True,
    },
    separators=(",", ":"),
)
"""Makes vLLM read an original Qwen3 reranker as one. Source: vLLM, Supported models, read 2026-11-21."""


class ConnectionAssumptions(Group, title="Connection"):
    """The way to the hosts, and how they are in general."""

    through_proxy: bool = assumed(
        default=False, mark="INFERRED",
        source=f"{SKILLS} drops the proxies for Cloud.ru hosts",
        description="Use HTTP_PROXY and HTTPS_PROXY of the environment.",
    )  # fmt: skip
    visible_within_s: float = assumed(
        60.0, "UNKNOWN", "no delay is published",
        "Seconds within which something created, resumed or reindexed is seen when it is read back or listed. After a "
        "lost reply it is looked for so long before the step may create it again.",
    )  # fmt: skip


class StorageAssumptions(Group, title="Storage"):
    """Object Storage."""

    send_acl: bool = assumed(
        default=True, mark="CONFLICT",
        source=f"{SKILLS} calls it critical for Managed RAG; a third party says ACLs are not supported",
        description="Send the canned ACL `bucket-owner-full-control` with every object; dropped where it is refused.",
    )  # fmt: skip
    register_bucket: bool = assumed(
        default=True, mark="UNKNOWN",
        source=f"{SKILLS} creates buckets so and says that Managed RAG sees them then",
        description="Create buckets through the console backend rather than with S3's own call.",
    )  # fmt: skip
    etag_is_md5: bool = assumed(
        default=True, mark="INFERRED",
        source="S3's convention; the service documents no ETag",
        description="Hold the ETag of a stored object against the MD5 of what was sent. Off: its SHA-256 goes with "
        "each object as user metadata, and comparing costs a request for each document.",
    )  # fmt: skip


class SecretAssumptions(Group, title="Secret"):
    """Secret Management."""

    mappings: tuple[Literal["path_in_url", "path_in_body"], ...] = assumed(
        ("path_in_url", "path_in_body"), "CONFLICT", f"{SECRET_SWAGGER}, against two third-party clients",
        "REST mappings of the v2 calls in the order in which they are tried: `POST /v2/secret/{path}` "
        "or `POST /v2/secret` with the path in the body.",
    )  # fmt: skip


class InferenceAssumptions(Group, title="Inference"):
    """ML Inference (Model RUN)."""

    token_secret: str = assumed(
        "{id}", "UNKNOWN", "the field modelSource.secret is published, its content is not",
        "What modelSource.secret holds; may use {id}, {path} and {version}.",
    )  # fmt: skip
    repository: Literal["whole", "split"] = assumed(
        "whole", "CONFLICT", f"{SKILLS}: examples.md sends it whole, crud.py splits it",
        "Send `organisation/model` whole in `repo`, or split into `repo` and `model`.",
    )  # fmt: skip
    embedding_task: str = assumed(
        "ModelTaskType_EMBEDDING", "INFERRED", "the console's label equals the name in the enum",
        "Name of the task Embedding.",
    )  # fmt: skip
    score_task: str = assumed(
        "ModelTaskType_SCORE", "INFERRED", "the console's label equals the name in the enum", "Name of the task Score."
    )  # fmt: skip
    generate_task: str = assumed(
        "ModelTaskType_GENERATE", "INFERRED", "the console's label equals the name in the enum",
        "Name of the task Generate.",
    )  # fmt: skip
    keep_running_field: str = assumed(
        "", "UNKNOWN", f"no such field in {SKILLS}; AI Agents has scaling.isKeepAlive",
        "Key below `scaling` that says «Не выключать модель»; empty: a minimum of one instance says it.",
    )  # fmt: skip
    service_account_field: str = assumed(
        "serviceAccountId", "INFERRED", AGENTS_SWAGGER, "Key below `options` that holds the service account."
    )  # fmt: skip
    log_group_field: str = assumed(
        "logGroupId", "INFERRED", AGENTS_SWAGGER, "Key below `options` that holds the log group."
    )  # fmt: skip
    qwen3_reranker_overrides: str = assumed(
        HF_OVERRIDES, "UNKNOWN",
        "not published whether the task Score adds them; vLLM needs them, see its Supported models",
        "vLLM argument `hf-overrides` of an original `Qwen/Qwen3-Reranker-*` whose inference names none; empty: send "
        "none.",
    )  # fmt: skip
    embedder_uris: bool = assumed(
        default=False, mark="INFERRED",
        source="Model RUN pulls weights from Hugging Face, and Yandex AI Studio hands out none of a tuned model; the "
        "sandbox, which is both, can",
        description="Model RUN also serves an embedder that is named by an `emb://` URI.",
    )  # fmt: skip
    quota_paths: tuple[str, ...] = assumed(
        ("quotas", "quota-usage"), "CONFLICT", f"{SKILLS}: the code has the first, api-reference.md the second",
        "Last part of the quota path, in the order in which they are tried.",
    )  # fmt: skip
    runtime_template_paths: tuple[str, ...] = assumed(
        ("runtime_templates", "runtime-templates"), "CONFLICT",
        f"{SKILLS}: the code has the first, api-reference.md the second",
        "Last part of the runtime template path, in the order in which they are tried.",
    )  # fmt: skip
    name_taken_text: str = assumed(
        "a modelrun with the given name could not be created", "INFERRED", f"{SKILLS}; no HTTP status is published",
        "Error text of a name that a deleted run still holds; 409 means it too.",
    )  # fmt: skip
    reranker_margin: float = assumed(
        0.1, "INFERRED", "a wrongly started Qwen3 reranker scores everything alike",
        "How far a relevant text must be above an irrelevant one before a reranker counts as ready.",
    )  # fmt: skip


class KnowledgeAssumptions(Group, title="Knowledge"):
    """Managed RAG."""

    embedder_also_by_name: bool = assumed(
        default=False, mark="UNKNOWN",
        source="the Search API names a run by model_run_id alone",
        description="Send `model_name` beside `model_run_id` for an embedder of ML Inference.",
    )  # fmt: skip
    folder_path: str = assumed(
        "{folder}/", "INFERRED", "the console shows s3://bucket/folder/",
        "An entry of `paths` for a folder; {folder} has no slash at its ends.",
    )  # fmt: skip
    authentication_field: Literal["forward_auth", "api_key"] = assumed(
        "forward_auth", "INFERRED", f"from the names in {SKILLS}, whose body has both false",
        "Key of auth_configuration that asks callers for an IAM token.",
    )  # fmt: skip
    service_account_field: str = assumed(
        "service_account_id", "UNKNOWN", "the v2 body has none; the older v1 body has options.service_account_id",
        "Key of auth_configuration that holds the service account; empty: it is not sent.",
    )  # fmt: skip
    gone_statuses: tuple[str, ...] = assumed(
        ("KNOWLEDGEBASE_SUSPENDING",), "UNKNOWN", "the API has no status for a knowledge base that is being deleted",
        "Statuses in which a knowledge base of the wanted name counts as being deleted and is not adopted.",
    )  # fmt: skip
    separator_joint: str | None = assumed(
        None, "INFERRED", "the console's form shows a JSON array; the one published body has a single separator",
        "What stands between several separators in the string that `separators` is; left out: they are a JSON array.",
    )  # fmt: skip
    keep_separator_start: str = assumed(
        "KeepSeparator_Start", "UNKNOWN", "only KeepSeparator_None is published", "keep_separator at the start."
    )  # fmt: skip
    keep_separator_end: str = assumed(
        "KeepSeparator_End", "UNKNOWN", "only KeepSeparator_None is published", "keep_separator at the end."
    )  # fmt: skip
    json_extractor: str = assumed(
        "json_extractor", "UNKNOWN", "text_extractor and pdf_extractor are published", "Key of the JSON extractor."
    )  # fmt: skip
    json_schema_field: str = assumed(
        "jq_schema", "UNKNOWN", "the console's form asks for a jq schema", "Key of the jq schema in the JSON extractor."
    )  # fmt: skip
    markdown_extractor: str = assumed(
        "markdown_extractor", "UNKNOWN", "text_extractor and pdf_extractor are published",
        "Key of the Markdown extractor.",
    )  # fmt: skip
    docx_extractor: str = assumed(
        "docx_extractor", "UNKNOWN", "text_extractor and pdf_extractor are published", "Key of the DOCX extractor."
    )  # fmt: skip
    html_extractor: str = assumed(
        "html_extractor", "UNKNOWN", "text_extractor and pdf_extractor are published", "Key of the HTML extractor."
    )  # fmt: skip
    new_version: Literal["create", "reindex"] = assumed(
        "create", "INFERRED",
        "the console has a button for it, and its create call has the version's configuration as a part of its own",
        "How documents that changed are indexed: `create` makes another version at `POST .../{id}/versions` and falls "
        "back to the public reindex where that path is not known; `reindex` reads them anew under the version's id.",
    )  # fmt: skip
    unreadable_documents_key: str = assumed(
        "failed_documents", "UNKNOWN", "it is not published where a version names the documents that it could not read",
        "Key, at any depth of a version's settings, of the list of documents that are not in its index, each with "
        "`key` and `reason`.",
    )  # fmt: skip
    chunk_source_keys: tuple[str, ...] = assumed(
        ("source", "file_name", "filename", "file_path", "path", "key", "object_key"), "UNKNOWN",
        "only jq_metadata of JSON files was seen",
        "Keys of a chunk's metadata that may hold the name of its file, in the order in which they are looked up.",
    )  # fmt: skip

    console_chat_url: str = assumed(
        "https://console.cloud.ru/", "UNKNOWN", "the console's host is published, a version's address in it is not",
        "Address in the console of a version, whose tab «Чат» asks it; may use {project_id}, {knowledge_base_id} and "
        "{version_id}. Reports link to it; empty: they do not.",
    )  # fmt: skip


class LogAssumptions(Group, title="Logs"):
    """Log groups."""

    name: str = assumed(
        "managed-rag", "UNKNOWN", "no naming rule is published", "Name of a log group that has to be created."
    )  # fmt: skip
    retention_days: int = assumed(
        3, "INFERRED", f"{SKILLS} sends retentionPeriod 3; that it means days is deduced", "How long logs are kept."
    )  # fmt: skip


class SizingAssumptions(Group, title="Sizing"):
    """GPU memory of a model: the console computes it, its formula is not published. See `inference/sizing.py`."""

    bytes_per_parameter: float = assumed(
        2.0, "INFERRED", "vLLM loads floats as bfloat16 or float16",
        "Bytes of a weight that is not quantised; a quantised one is reckoned as it is stored.",
    )  # fmt: skip
    context_tokens: int = assumed(
        8192, "UNKNOWN", "the console does not say what it reckons with", "Tokens of one request that must fit."
    )  # fmt: skip
    generate_requests_at_once: int = assumed(
        4, "UNKNOWN", "the console does not say what it reckons with",
        "Requests of that length that must fit at once, for the task Generate; the other tasks reckon with one.",
    )  # fmt: skip
    overhead_gb: float = assumed(
        2.0, "INFERRED", "CUDA context, activations and graphs of vLLM; of that order on models of 0.6 to 8 B",
        "Memory that neither weights nor KV cache use.",
    )  # fmt: skip
    usable_fraction: float = assumed(
        0.9, "INFERRED", "vLLM's default gpu-memory-utilization", "Part of the memory that vLLM takes."
    )  # fmt: skip


TokenPrice = Annotated[str, StringConstraints(pattern=r"^\S+ \d+(\.\d+)?$")]
"""A model and its price, as `BAAI/bge-m3 0.61`: text, because Prefect's UI has no form for a mapping."""


class PriceAssumptions(Group, title="Prices"):
    """RUB with VAT of what is billed by use; models by the hour are in the vendor's catalogue. See docs/costs.md."""

    stored_text_rub_per_gb_hour: float = assumed(
        1.3664, "INFERRED", f"annex EVO.20 (v260316) {ANNEX}",
        "Converted text that a version of a knowledge base stores, per GB and hour.",
    )  # fmt: skip
    knowledge_rub_per_thousand_requests: float = assumed(
        0.0976, "INFERRED", f"annex EVO.20 (v260316) {ANNEX}", "Requests to a knowledge base, per thousand."
    )  # fmt: skip
    foundation_models_rub_per_million: tuple[TokenPrice, ...] = assumed(
        ("BAAI/bge-m3 0.61", "Qwen/Qwen3-Embedding-0.6B 0.854", "openai/gpt-oss-120b 15.86"), "INFERRED",
        f"annex EVO.11.2 (v260430) {ANNEX}; which repository a short name means is deduced",
        "Tokens of models of Foundation Models, per million: name of the model, a space, RUB.",
    )  # fmt: skip
    object_storage_free_gb: float = assumed(
        15.0, "INFERRED", f"annex EVO.3 (v260316) {ANNEX}", "Standard storage of a tenant that is free."
    )  # fmt: skip
    object_storage_rub_per_gb_month: float = assumed(
        1.83915, "INFERRED", f"annex EVO.3 (v260316) {ANNEX}",
        "Standard storage above what is free, per GB and month.",
    )  # fmt: skip
    object_storage_rub_per_thousand_writes: float = assumed(
        0.1098, "INFERRED", f"annex EVO.3 (v260316) {ANNEX}", "PUT, POST and LIST, per thousand."
    )  # fmt: skip
    object_storage_rub_per_thousand_reads: float = assumed(
        0.03294, "INFERRED", f"annex EVO.3 (v260316) {ANNEX}", "GET and HEAD, per thousand."
    )  # fmt: skip
    secrets_rub_per_month: float = assumed(
        0.0, "INFERRED", "a third-party page of 2026-09-28 that cites the vendor's pricing page", "Secret Management."
    )  # fmt: skip


class Assumptions(Group):
    """What is not confirmed about the API. The defaults are right as far as anyone published."""

    connection: ConnectionAssumptions = Field(default=ConnectionAssumptions(), description="All services.")
    storage: StorageAssumptions = Field(default=StorageAssumptions(), description="Object Storage.")
    secret: SecretAssumptions = Field(default=SecretAssumptions(), description="Secret Management.")
    inference: InferenceAssumptions = Field(default=InferenceAssumptions(), description="ML Inference (Model RUN).")
    knowledge: KnowledgeAssumptions = Field(default=KnowledgeAssumptions(), description="Managed RAG.")
    logs: LogAssumptions = Field(default=LogAssumptions(), description="Log groups.")
    sizing: SizingAssumptions = Field(default=SizingAssumptions(), description="GPU memory of a model.")
    prices: PriceAssumptions = Field(default=PriceAssumptions(), description="Prices of what is billed by use.")
