"""A knowledge base spec as the bodies of the create calls. Source: docs/cloudru-api.md, Managed RAG."""

from collections.abc import Callable
from typing import Any

from clouds.cloudru.assumptions import KnowledgeAssumptions
from clouds.cloudru.knowledge.source import Embedder, IndexSource, RunToCome
from clouds.cloudru.specs import ExtractorSpec, FoundationModelSpec, KnowledgeBaseSpec, SplitterSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.cloudru.wire.knowledge import (
    AuthConfiguration,
    DatabaseConfiguration,
    DataSourceConfiguration,
    EmbedderConfiguration,
    Extractor,
    ExtractorsConfiguration,
    KeepSeparator,
    KnowledgeBaseConfiguration,
    Logging,
    MarkdownSmartSplitter,
    ModelSourceKind,
    ObjectStorageScanOptions,
    ObjectStorageSource,
    PdfExtractor,
    RecursiveCharSplitter,
    Splitters,
    TelemetryConfiguration,
    TextExtractor,
    VersionConfiguration,
    join_separators,
)
from clouds.errors import ConfigurationError

WHOLE_BUCKET = ""
FIRST_VERSION = "version-1"


def create_body(
    spec: KnowledgeBaseSpec, source: IndexSource, *, project_id: str, assumed: KnowledgeAssumptions
) -> dict[str, Any]:
    """Return the JSON object to POST, in full: the service fails on bodies that leave keys out."""
    configuration = KnowledgeBaseConfiguration(
        name=spec.name,
        description=spec.description,
        auth_configuration=AuthConfiguration(),
        database_configuration=DatabaseConfiguration(support_hybrid_search=spec.hybrid_search),
    ).to_wire()
    authentication = configuration["auth_configuration"]
    authentication[assumed.authentication_field] = spec.authentication
    if spec.authentication and spec.service_account_id and assumed.service_account_field:
        authentication[assumed.service_account_field] = spec.service_account_id
    return {
        "project_id": project_id,
        "knowledgebase_configuration": configuration,
        "knowledgebase_version_configuration": version_body(spec, source, assumed=assumed),
    }


def version_body(
    spec: KnowledgeBaseSpec, source: IndexSource, *, assumed: KnowledgeAssumptions, name: str = FIRST_VERSION
) -> dict[str, Any]:
    """Return what a version is built from, as it travels in both create calls."""
    scan = ObjectStorageScanOptions(file_extensions=[*spec.extensions])
    documents = ObjectStorageSource(
        bucket_name=source.bucket, paths=[source_path(source.folder, assumed)], object_storage_scan_options=scan
    )
    body = VersionConfiguration(
        name=name,
        embedder_configuration=_embedder(source.embedder, assumed),
        telemetry_configuration=TelemetryConfiguration(logging=Logging(logaas_log_group_id=source.log_group_id)),
        data_source_configuration=DataSourceConfiguration(cloud_ru_evolution_object_storage_source=documents),
        extractors_configuration=ExtractorsConfiguration(),
    ).to_wire()
    body["extractors_configuration"]["extractors"] = extractor_bodies(spec, assumed)
    return body


def extractor_bodies(spec: KnowledgeBaseSpec, assumed: KnowledgeAssumptions) -> list[dict[str, Any]]:
    """Return the extractors of a version: those that read an extension of the spec."""
    return [
        _extractor(extractor, wanted, assumed)
        for extractor in spec.extractors
        if (wanted := [extension for extension in spec.extensions if extension in extractor.extensions])
    ]


def source_path(folder: str, assumed: KnowledgeAssumptions) -> str:
    """Return the entry of `paths` for a folder; the whole bucket is an empty one."""
    name = folder.strip("/")
    return assumed.folder_path.replace("{folder}", name) if name else WHOLE_BUCKET


def _embedder(embedder: Embedder, assumed: KnowledgeAssumptions) -> EmbedderConfiguration:
    if isinstance(embedder, RunToCome):
        raise ConfigurationError(f"the embedder {embedder.name} is not there yet: create the model run first")
    if isinstance(embedder, FoundationModelSpec):
        return EmbedderConfiguration(model_source=ModelSourceKind.FOUNDATION_MODELS, model_name=embedder.model)
    name = repository_of(embedder) if assumed.embedder_also_by_name else ""
    return EmbedderConfiguration(
        model_source=ModelSourceKind.ML_INFERENCE, model_name=name or None, model_run_id=embedder.model_run_id
    )


def repository_of(run: ModelRun) -> str:
    """Return `organisation/model` of a run, or an empty string when the run does not tell."""
    source = run.model_source.hugging_face_repository if run.model_source else None
    return source.full_name if source else ""


def _extractor(spec: ExtractorSpec, extensions: list[str], assumed: KnowledgeAssumptions) -> dict[str, Any]:
    """One kind of file. The keys of text and pdf are CONFIRMED; the others may be renamed in the assumptions."""
    splitters = _splitter(spec.splitter, assumed)
    written: dict[str, Callable[[], dict[str, Any]]] = {
        "text": lambda: {"text_extractor": TextExtractor(**splitters).to_wire()},
        "pdf": lambda: {"pdf_extractor": PdfExtractor(**splitters).to_wire()},
        "json": lambda: {
            assumed.json_extractor: {assumed.json_schema_field: spec.jq_schema, **Splitters(**splitters).to_wire()}
        },
        "markdown": lambda: {assumed.markdown_extractor: Splitters(**splitters).to_wire()},
        "docx": lambda: {assumed.docx_extractor: Splitters(**splitters).to_wire()},
        "html": lambda: {assumed.html_extractor: Splitters(**splitters).to_wire()},
    }
    return {**Extractor(file_patterns=extensions).to_wire(), **written[spec.reader]()}


def _splitter(spec: SplitterSpec, assumed: KnowledgeAssumptions) -> dict[str, Any]:
    if spec.kind == "markdown":
        headers = join_separators(spec.headers) if spec.headers else ""
        splitter = MarkdownSmartSplitter(
            chunk_size=spec.chunk_tokens, chunk_overlap=spec.overlap_tokens, headers_to_split_on=headers
        )
        return {"markdown_smart_splitter": splitter}
    joint = assumed.separator_joint
    keep = {
        "none": KeepSeparator.NONE,
        "start": assumed.keep_separator_start,
        "end": assumed.keep_separator_end,
    }[spec.keep_separator]
    return {
        "recursive_char_splitter": RecursiveCharSplitter(
            separators=join_separators(spec.separators) if joint is None else joint.join(spec.separators),
            is_separator_regex=spec.separators_are_regex,
            keep_separator=keep,
            chunk_size=spec.chunk_tokens,
            chunk_overlap=spec.overlap_tokens,
        )
    }
