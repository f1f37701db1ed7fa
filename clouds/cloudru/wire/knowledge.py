"""Managed RAG: the public API v1 and the console backend that creates. Source: docs/cloudru-api.md."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, cast

from pydantic import Field, model_validator

from clouds.cloudru.wire.base import Id, SnakeWire


class KnowledgeBaseStatus(StrEnum):
    """There is no FAILED: a waiter must also look at the version and at the search API."""

    PLANNING = "KNOWLEDGEBASE_PLANNING"
    PENDING = "KNOWLEDGEBASE_PENDING"
    ACTIVE = "KNOWLEDGEBASE_ACTIVE"
    SUSPENDING = "KNOWLEDGEBASE_SUSPENDING"
    INACTIVE = "KNOWLEDGEBASE_INACTIVE"


class VersionStatus(StrEnum):
    """Indexing of one version."""

    PENDING = "KNOWLEDGEBASE_VERSION_PENDING"
    SUCCEEDED = "KNOWLEDGEBASE_VERSION_SUCCEEDED"
    FAILED = "KNOWLEDGEBASE_VERSION_FAILED"
    UNKNOWN = "KNOWLEDGEBASE_VERSION_UNKNOWN"
    CANCELLED = "KNOWLEDGEBASE_VERSION_CANCELLED"
    SUSPENDING = "KNOWLEDGEBASE_VERSION_SUSPENDING"


class SearchState(StrEnum):
    """The search API of a knowledge base."""

    PENDING = "SEARCH_API_RESPONSE_STATE_PENDING"
    RUNNING = "SEARCH_API_RESPONSE_STATE_RUNNING"
    ACTIVE = "SEARCH_API_RESPONSE_STATE_ACTIVE"
    FAILED = "SEARCH_API_RESPONSE_STATE_FAILED"
    INACTIVE = "SEARCH_API_RESPONSE_STATE_INACTIVE"
    UNKNOWN = "SEARCH_API_RESPONSE_STATE_UNKNOWN"


class SearchApi(SnakeWire):
    """Where a knowledge base answers."""

    url: str = ""
    state: str = SearchState.PENDING


class Embedder(SnakeWire):
    """The embedder as a knowledge base reports it."""

    name: str = ""
    type: str = ""
    model_id: str = ""


class KnowledgeBase(SnakeWire):
    """`GET {knowledge}/v1/knowledge-bases/{id}?project_id`; note the one camelCase key."""

    knowledgebase_id: Id
    name: str
    status: str
    project_id: str = ""
    namespace: str = ""
    knowledge_base_configuration: dict[str, Any] = {}
    search_api: SearchApi = Field(default=SearchApi(), alias="searchApiResponse")
    created_at: str = ""
    updated_at: str = ""
    created_by: str = ""
    updated_by: str = ""
    embedder: Embedder | None = None
    description: str = ""


class KnowledgeBaseVersion(SnakeWire):
    """`GET {knowledge}/v1/knowledge-bases/versions/{id}?project_id`."""

    knowledgebase_version_id: Id
    knowledgebase_id: str
    status: str
    project_id: str = ""
    description: str = ""
    version: str = ""
    knowledge_base_version_settings: dict[str, Any] = {}
    scheduled_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    created_at: str = ""
    updated_at: str = ""
    created_by: str = ""
    updated_by: str = ""
    embedder: Embedder | None = None


class ListKnowledgeBasesResponse(SnakeWire):
    """A page of `GET {knowledge}/v1/knowledge-bases?project_id&page_size&page_token`; page_size at most 100."""

    data: list[KnowledgeBase]
    next_page_token: str = ""


class ListVersionsResponse(SnakeWire):
    """A page of `GET {knowledge}/v1/knowledge-bases/versions?project_id&knowledgebase_id&page_size&page_token`."""

    data: list[KnowledgeBaseVersion]
    next_page_token: str = ""


class AuthConfiguration(SnakeWire):
    """Who may ask: both false means anyone on the internet. The meaning of the two is INFERRED from their names."""

    forward_auth: bool = False
    api_key: bool = False


class DatabaseConfiguration(SnakeWire):
    """The console's hybrid switch."""

    support_hybrid_search: bool = False


class KnowledgeBaseConfiguration(SnakeWire):
    """What stays the same over versions."""

    name: str
    description: str = ""
    auth_configuration: AuthConfiguration = AuthConfiguration()
    database_configuration: DatabaseConfiguration = DatabaseConfiguration()


class ModelSourceKind(StrEnum):
    """Prefix CONFIRMED by the first, the second INFERRED from the Search API's enum."""

    FOUNDATION_MODELS = "MODEL_SOURCE_FOUNDATION_MODELS"
    ML_INFERENCE = "MODEL_SOURCE_ML_INFERENCE"


class EmbedderConfiguration(SnakeWire):
    """`model_name` for Foundation Models (CONFIRMED), `model_run_id` for ML Inference (INFERRED)."""

    model_source: str
    model_name: str | None = None
    model_run_id: str | None = None


class Logging(SnakeWire):
    """The log group: mandatory in fact, without one the search API never starts (CONFIRMED)."""

    logaas_log_group_id: str = ""


class TelemetryConfiguration(SnakeWire):
    """Where logs go."""

    logging: Logging = Logging()


class ObjectStorageScanOptions(SnakeWire):
    """Which objects are read; extensions without the dot; max_depth 0 means no limit (INFERRED)."""

    recursive: bool = True
    file_extensions: list[str] = []
    max_depth: int = 0


class ObjectStorageSource(SnakeWire):
    """A folder of a bucket; `[""]` means the whole bucket (CONFIRMED), `["folder/"]` a folder (INFERRED)."""

    bucket_name: str
    paths: list[str] = [""]
    object_storage_scan_options: ObjectStorageScanOptions = ObjectStorageScanOptions()


class DataSourceConfiguration(SnakeWire):
    """Where the documents come from."""

    cloud_ru_evolution_object_storage_source: ObjectStorageSource


def join_separators(separators: Sequence[str]) -> str:
    r"""Write separators as the one string that travels: one as itself (CONFIRMED), several as a JSON array.

    That several travel so is INFERRED: the console's form shows `["\n\n","\n"," "]` in a text field.
    """
    return separators[0] if len(separators) == 1 else json.dumps(list(separators), ensure_ascii=False)


def split_separators(text: str) -> tuple[str, ...]:
    """Read what `join_separators` wrote; a text that is no JSON array of strings is one separator."""
    try:
        separators = json.loads(text)
    except ValueError:
        separators = [text]
    if isinstance(separators, list) and all(isinstance(separator, str) for separator in separators):
        return tuple(separators)
    return (text,)


class KeepSeparator(StrEnum):
    """Where a separator stays. NONE is CONFIRMED, the names of the others are UNKNOWN."""

    NONE = "KeepSeparator_None"
    START = "KeepSeparator_Start"
    END = "KeepSeparator_End"


class RecursiveCharSplitter(SnakeWire):
    """Chunk size and overlap in tokens; `separators` as `join_separators` writes them."""

    separators: str = "\n\n"
    is_separator_regex: bool = False
    keep_separator: str = KeepSeparator.NONE
    chunk_size: int = 1500
    chunk_overlap: int = 300


class MarkdownSmartSplitter(SnakeWire):
    """Splits at headers first; `headers_to_split_on` empty means at all, several are written as separators are."""

    chunk_size: int = 1500
    chunk_overlap: int = 300
    allow_oversize: bool = False
    headers_to_split_on: str = ""


class Splitters(SnakeWire):
    """The splitter of an extractor: one of the two. CONFIRMED for text and pdf only, in the pairs named there."""

    recursive_char_splitter: RecursiveCharSplitter | None = None
    markdown_smart_splitter: MarkdownSmartSplitter | None = None


class TextExtractor(Splitters):
    """Plain text; with `recursive_char_splitter` in the official body."""


class PdfParser(SnakeWire):
    """How a PDF is read."""

    method: str = "table_struct"
    mode: str = "single"


class PdfExtractor(Splitters):
    """PDF: parsed to markdown, split at headers; with `markdown_smart_splitter` in the official body."""

    pdf_parser: PdfParser = PdfParser()


class JsonExtractor(Splitters):
    """JSON: what the jq program returns is the text. The names of both keys are UNKNOWN."""

    jq_schema: str = "."


class Extractor(SnakeWire):
    """What reads files of these extensions. txt and pdf are CONFIRMED; keys of other kinds are UNKNOWN."""

    file_patterns: list[str]
    text_extractor: TextExtractor | None = None
    pdf_extractor: PdfExtractor | None = None
    json_extractor: JsonExtractor | None = None
    markdown_extractor: Splitters | None = None
    docx_extractor: Splitters | None = None
    html_extractor: Splitters | None = None

    @property
    def chosen(self) -> Splitters:
        """The one that is set; plain text when none is."""
        chosen = (self.text_extractor, self.pdf_extractor, self.json_extractor)
        others = (self.markdown_extractor, self.docx_extractor, self.html_extractor)
        return next((extractor for extractor in (*chosen, *others) if extractor is not None), TextExtractor())


class ExtractorsConfiguration(SnakeWire):
    """One extractor per kind of file."""

    extractors: list[Extractor] = []


class VersionConfiguration(SnakeWire):
    """What a version is built from."""

    name: str = "version-1"
    description: str = ""
    embedder_configuration: EmbedderConfiguration
    telemetry_configuration: TelemetryConfiguration = TelemetryConfiguration()
    data_source_configuration: DataSourceConfiguration
    extractors_configuration: ExtractorsConfiguration = ExtractorsConfiguration()


class CreateKnowledgeBaseRequest(SnakeWire):
    """`POST {knowledge_control}/api/v2/knowledge-bases` -> 200/201 `knowledgebase_id` (or `id`), `status`."""

    project_id: str
    knowledgebase_configuration: KnowledgeBaseConfiguration
    knowledgebase_version_configuration: VersionConfiguration


class CreatedKnowledgeBase(SnakeWire):
    """Answer of create: the id stands under `knowledgebase_id`, `id`, or one of them below `knowledgebase`."""

    knowledgebase_id: Id
    status: str = ""

    @model_validator(mode="before")
    @classmethod
    def _unwrapped(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        fields = cast("dict[str, Any]", content)
        inner = fields.get("knowledgebase")
        found = cast("dict[str, Any]", inner) if isinstance(inner, dict) else fields
        return {**found, "knowledgebase_id": found.get("knowledgebase_id") or found.get("id")}


class CreateVersionRequest(SnakeWire):
    """`POST {knowledge_control}/api/v2/knowledge-bases/{id}/versions` -> the version. The whole call is INFERRED."""

    project_id: str
    knowledgebase_version_configuration: VersionConfiguration


class ReindexRequest(SnakeWire):
    """`POST {knowledge}/v1/knowledge-bases/versions/{id}/reindex`, camelCase (CONFIRMED) -> the version."""

    knowledgebase_id: str = Field(alias="knowledgebaseId")
    project_id: str = Field(alias="projectId")
