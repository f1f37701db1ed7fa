"""From a version's configuration to the kernels: which object is read how, and cut how."""

from dataclasses import dataclass

from clouds.cloudru.wire.knowledge import (
    Extractor,
    JsonExtractor,
    KeepSeparator,
    MarkdownSmartSplitter,
    ObjectStorageSource,
    RecursiveCharSplitter,
    Splitters,
    VersionConfiguration,
    split_separators,
)
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from sandbox.engines.extract import JQ_WHOLE_FILE, MARKDOWN_EXTENSIONS, PLAIN_EXTENSIONS, check_jq_schema, extension_of
from sandbox.engines.split import (
    KeepSeparator as KeptAt,
)
from sandbox.engines.split import (
    MarkdownSplitter,
    RecursiveCharacterSplitter,
    Splitter,
    check_separators,
)

KEPT_AT: dict[str, KeptAt] = {
    KeepSeparator.NONE: "none",
    KeepSeparator.START: "start",
    KeepSeparator.END: "end",
}
TEXT_EXTENSIONS = PLAIN_EXTENSIONS | {"rtf", "json"}
MARKDOWN_LIKE_EXTENSIONS = MARKDOWN_EXTENSIONS | {"pdf", "docx", "html"}


@dataclass(frozen=True)
class Reading:
    """How the files of one extension become chunks."""

    splitter: Splitter
    jq_schema: str = JQ_WHOLE_FILE


def readings(configuration: VersionConfiguration) -> dict[str, Reading]:
    """Return the reading of each extension; raise ValueError that says what is wrong in the configuration."""
    extractors = configuration.extractors_configuration.extractors
    found = {
        _extension(pattern): _reading(e, _extension(pattern))
        for e in reversed(extractors)
        for pattern in e.file_patterns
    }
    asked = configuration.data_source_configuration.cloud_ru_evolution_object_storage_source
    missing = sorted({_extension(e) for e in asked.object_storage_scan_options.file_extensions} - found.keys())
    if missing:
        raise ValueError(f"no extractor reads {', '.join(missing)}; add one or drop the extension")
    return found


def is_document(key: str, path: str, source: ObjectStorageSource) -> bool:
    """Whether an object below `path` is a document: no folder marker, no artefact, of an extension asked for."""
    if key.endswith("/") or key.startswith(ARTIFACTS_PREFIX):
        return False
    options = source.object_storage_scan_options
    depth = key.removeprefix(path).strip("/").count("/")
    if depth and (not options.recursive or (options.max_depth and depth > options.max_depth)):
        return False
    return not options.file_extensions or extension_of(key) in {_extension(e) for e in options.file_extensions}


def prefix_of_path(path: str) -> str:
    """Return the key prefix of a path: `folder` and `/folder/` mean `folder/`, empty means the whole bucket."""
    return f"{path.strip('/')}/" if path.strip("/") else ""


def _extension(pattern: str) -> str:
    return pattern.lower().removeprefix("*").removeprefix(".")


def _reading(extractor: Extractor, extension: str) -> Reading:
    chosen = extractor.chosen
    splitter = _splitter(chosen, extension)
    jq_schema = chosen.jq_schema if isinstance(chosen, JsonExtractor) else JQ_WHOLE_FILE
    try:
        check_jq_schema(jq_schema)
    except ValueError as error:
        raise ValueError(f"extractor of {extension}: jq_schema {jq_schema!r} is no jq program: {error}") from error
    return Reading(splitter, jq_schema)


def _splitter(chosen: Splitters, extension: str) -> Splitter:
    markdown = chosen.markdown_smart_splitter
    characters = chosen.recursive_char_splitter
    if markdown is None and characters is None:
        markdown = MarkdownSmartSplitter() if extension in MARKDOWN_LIKE_EXTENSIONS else None
    wire = markdown or characters or RecursiveCharSplitter()
    if wire.chunk_size < 1 or wire.chunk_overlap < 0:
        raise ValueError(f"extractor of {extension}: chunk_size must be at least 1 and chunk_overlap at least 0")
    if wire.chunk_overlap >= wire.chunk_size:
        raise ValueError(
            f"extractor of {extension}: chunk_overlap {wire.chunk_overlap} is not below chunk_size {wire.chunk_size}; "
            "lower the overlap"
        )
    if isinstance(wire, MarkdownSmartSplitter):
        headers = tuple(h.strip() for h in split_separators(wire.headers_to_split_on) if h.strip())
        return MarkdownSplitter(wire.chunk_size, wire.chunk_overlap, headers, wire.allow_oversize)
    separators = tuple(separator for separator in split_separators(wire.separators) if separator)
    if wire.keep_separator not in KEPT_AT:
        raise ValueError(f"keep_separator {wire.keep_separator!r} is unknown; take one of {', '.join(KEPT_AT)}")
    if wire.is_separator_regex:
        check_separators(separators)
    return RecursiveCharacterSplitter(
        wire.chunk_size, wire.chunk_overlap, separators, wire.is_separator_regex, KEPT_AT[wire.keep_separator]
    )
