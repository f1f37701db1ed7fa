"""What a user wants to have on Cloud.ru: the console's forms as frozen pydantic models, tutorial values as defaults.

These models are flow parameters too: the Prefect UI shows titles and descriptions as a form.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator

from clouds.spec import Spec, any_of

RUN_NAME_PATTERN = r"^[a-z][a-z0-9-]*$"
"""Name of a model run. Source: cloud-ru/evo-aifactory-skills, read 2026-11-21; its length limit is UNKNOWN."""
BUCKET_NAME_PATTERN = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
"""Bucket name: AWS's rule (3 to 63 characters), the safe common part; the service's own rule is UNKNOWN."""
KNOWLEDGE_BASE_NAME_PATTERN = r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$"
"""Knowledge base name. Source: cloud-ru/evo-aifactory-skills setup.py, read 2026-11-21."""
EMBEDDER_URI_SCHEME = "emb://"
REPOSITORY_PATTERN = rf"^([\w.-]+/[\w.-]+|{EMBEDDER_URI_SCHEME}[\w.-]+/[\w.-]+/latest(@[\w.-]+)?)$"
"""`organisation/model`, or the URI of an embedder. Source of the URI's form: docs/yandex-api.md, Embeddings."""
TEXT_EXTENSIONS = ("txt", "log", "rtf")
DOCUMENT_EXTENSIONS = (*TEXT_EXTENSIONS, "md", "pdf", "json", "docx", "html")


class VllmArgument(Spec):
    """One argument of the vLLM command line."""

    key: str = Field(
        title="Name", description="Name without the dashes, for example `max-model-len`.", pattern=r"^[a-z][a-z0-9-]*$"
    )
    value: str = Field(title="Value", description="Value as it would stand on the command line.")


class RpsScaling(Spec, title="By requests per second"):
    """Scale out by requests per second."""

    kind: Literal["rps"] = Field(
        default="rps", title="Kind", description="Says which rule this is; a form fills it in."
    )
    value: int = Field(
        default=200, ge=1, title="Requests per second", description="Requests per second for each instance."
    )


class ConcurrencyScaling(Spec, title="By requests at once"):
    """Scale out by requests at once."""

    kind: Literal["concurrency"] = Field(
        default="concurrency", title="Kind", description="Says which rule this is; a form fills it in."
    )
    soft: int = Field(
        default=50,
        ge=1,
        title="Requests at once, soft limit",
        description="Requests at once from which another instance is started.",
    )
    hard: int = Field(
        default=100,
        ge=1,
        title="Requests at once, hard limit",
        description="Requests at once that one instance never exceeds.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.soft > self.hard:
            raise ValueError(f"scaling: soft={self.soft} is above hard={self.hard}; lower soft or raise hard")
        return self


class ScalingSpec(Spec):
    """How many instances."""

    minimum: int = Field(
        default=1,
        ge=0,
        title="Instances, minimum",
        description="Instances kept running; 0 lets an idle model cool down.",
    )
    maximum: int = Field(default=1, ge=1, le=20, title="Instances, maximum", description="Instances at most.")
    rule: Annotated[RpsScaling | ConcurrencyScaling, Field(discriminator="kind", json_schema_extra=any_of)] = Field(
        default=RpsScaling(), title="Rule", description="When another instance is started."
    )
    keep_alive_s: int = Field(
        default=900,
        ge=0,
        title="Keep idle instances, s",
        description="Seconds an idle instance is kept before cooling down, when minimum is 0.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(
                f"scaling: minimum={self.minimum} is above maximum={self.maximum}; raise maximum or lower minimum"
            )
        return self


class InferenceSpec(Spec, title="Own inference"):
    """One inference of ML Inference (Model RUN): all that the console's form asks."""

    source: Literal["ml_inference"] = Field(
        default="ml_inference", title="Source", description="Says that it is an own inference; a form fills it in."
    )
    name: str = Field(
        title="Name", description="Name of the run: lower-case latin letters, digits, hyphens; a letter first."
    )
    repository: str = Field(
        title="Repository",
        description="Hugging Face repository, `organisation/model`; where the block's assumptions allow it, the URI of "
        "an embedder, `emb://...`.",
        pattern=REPOSITORY_PATTERN,
    )
    task: Literal["Embedding", "Score", "Generate"] = Field(title="Task", description="The console's «Задача».")
    revision: str = Field(default="main", title="Revision", description="Branch, tag or commit of the repository.")
    runtime: Literal["vLLM", "SGLang"] = Field(
        default="vLLM", title="Runtime", description="Runtime; SGLang serves Generate only."
    )
    token_secret: str | None = Field(
        default=None,
        title="Another token secret",
        description="Path of a secret with another Hugging Face token, for this model alone; left out: the stack's.",
    )
    token_secret_version: int | None = Field(
        default=None,
        ge=1,
        title="Version of the token secret",
        description="Version of the secret that this model reads; left out: the newest.",
    )
    resource: Literal["A100", "H100", "V100", "CPU"] = Field(
        default="A100", title="Resource", description="What it computes on."
    )
    gpu_count: int = Field(default=1, ge=0, le=8, title="GPUs", description="GPUs for each instance.")
    gpu_memory_gb: int | None = Field(
        default=None,
        ge=1,
        title="GPU memory, GB",
        description="Memory for each GPU in GB; left out: computed from the repository's parameter count.",
    )
    vllm_arguments: tuple[VllmArgument, ...] = Field(
        default=(), title="vLLM arguments", description="Arguments of the runtime."
    )
    keep_running: bool = Field(default=True, title="Keep running", description="The console's «Не выключать модель».")
    scaling: ScalingSpec = Field(
        default=ScalingSpec(), title="Scaling", description="Instances and when they are added."
    )
    authentication: bool = Field(
        default=True,
        title="Authentication",
        description="Ask callers for an IAM token. Off: anyone who knows the URL may call the model.",
    )
    service_account_id: str | None = Field(
        default=None, title="Service account ID", description="Service account of the authentication."
    )
    logging: bool = Field(default=False, title="Logging", description="Send the model's logs to a log group.")
    log_group_id: str | None = Field(
        default=None,
        title="Log group ID",
        description="Log group; left out: the project's default one is found or one is created.",
    )
    ready_within_s: int = Field(
        default=3600, ge=1, title="Ready within, s", description="Deadline in seconds until it must answer."
    )

    @property
    def is_embedder_uri(self) -> bool:
        """Whether the model is an embedder of a tuning service, and no repository of Hugging Face."""
        return self.repository.startswith(EMBEDDER_URI_SCHEME)

    @field_validator("name")
    @classmethod
    def _run_name(cls, name: str) -> str:
        if not re.fullmatch(RUN_NAME_PATTERN, name):
            raise ValueError(
                f"{name!r} is not a name of a run; take lower-case latin letters, digits and hyphens, a letter first"
            )
        return name

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.keep_running and self.scaling.minimum < 1:
            raise ValueError(f"{self.name}: keep_running needs scaling.minimum of at least 1")
        if self.runtime == "SGLang" and self.task != "Generate":
            raise ValueError(f"{self.name}: SGLang serves the task Generate only; take vLLM for {self.task}")
        if self.resource != "CPU" and self.gpu_count < 1:
            raise ValueError(f"{self.name}: {self.resource} needs gpu_count of at least 1")
        if self.is_embedder_uri and self.task != "Embedding":
            raise ValueError(f"{self.name}: {self.repository} is an embedder; it has no task {self.task}")
        return self


class FoundationModelSpec(Spec, title="Foundation model"):
    """A model of the vendor's Foundation Models in place of an own inference: nothing to start, no hourly price."""

    source: Literal["foundation_models"] = Field(
        default="foundation_models",
        title="Source",
        description="Says that it is a foundation model; a form fills it in.",
    )
    model: str = Field(
        title="Model", description="Name in Foundation Models, for example `BAAI/bge-reranker-v2-m3`.", min_length=1
    )

    @property
    def name(self) -> str:
        """What it is called among the stack's models."""
        return self.model


class SplitterSpec(Spec):
    """How a text becomes chunks."""

    kind: Literal["recursive_character", "markdown"] = Field(
        default="recursive_character", title="Splitter", description="By separators, or by Markdown headers first."
    )
    chunk_tokens: int = Field(default=400, ge=1, title="Chunk size, tokens", description="Chunk size in tokens.")
    overlap_tokens: int = Field(
        default=0, ge=0, title="Overlap, tokens", description="Tokens shared by neighbouring chunks."
    )
    separators: tuple[str, ...] = Field(
        default=("\n\n", "\n", " "), title="Separators", description="Where to cut, best first."
    )
    separators_are_regex: bool = Field(
        default=False,
        title="Separators are regex",
        description="Read the separators as regular expressions.",
    )
    keep_separator: Literal["none", "start", "end"] = Field(
        default="none", title="Keep the separator", description="Keep what was cut at."
    )
    headers: tuple[str, ...] = Field(
        default=(), title="Markdown headers", description="Markdown headers to cut at, for example `##`."
    )

    @model_validator(mode="after")
    def _overlap_below_size(self) -> Self:
        if self.overlap_tokens >= self.chunk_tokens:
            raise ValueError(
                f"overlap_tokens={self.overlap_tokens} is not below chunk_tokens={self.chunk_tokens}; lower the overlap"
            )
        return self


class ExtractorSpec(Spec):
    """What reads files of these extensions, and how their text is split."""

    extensions: tuple[str, ...] = Field(title="Extensions", description="Extensions without the dot.", min_length=1)
    reader: Literal["text", "pdf", "json", "markdown", "docx", "html"] = Field(
        default="text",
        title="Reader",
        description="How the file is read. text and pdf are confirmed on Cloud.ru, the others are not.",
    )
    splitter: SplitterSpec = Field(default=SplitterSpec(), title="Splitter", description="How its text becomes chunks.")
    jq_schema: str = Field(default=".", title="jq schema", description="For JSON: which part of the file is the text.")


EXTENSIONS_OF_KINDS: Mapping[str, tuple[str, ...]] = {
    "text": ("txt", "log", "rtf", "md"),
    "office": ("txt", "log", "rtf", "md", "pdf", "docx"),
    "all": ("txt", "log", "rtf", "md", "pdf", "docx", "html", "json"),
}
CONFIRMED = {"text": TEXT_EXTENSIONS, "pdf": ("pdf",)}
"""Extensions by the reader that they were seen with. Source: docs/cloudru-api.md, Managed RAG."""


def usual_extractors(extensions: Sequence[str]) -> tuple[ExtractorSpec, ...]:
    """Return an extractor for each kind of file among the extensions; what has no reader of its own is read as text.

    md is read as text too, because the key of the vendor's Markdown extractor is not published. PDF is split at
    headers: that pair is the confirmed one.
    """
    text = tuple(extension for extension in extensions if extension not in ("pdf", "docx", "html", "json"))
    own: tuple[ExtractorSpec, ...] = (
        ExtractorSpec(extensions=("pdf",), reader="pdf", splitter=SplitterSpec(kind="markdown")),
        ExtractorSpec(extensions=("docx",), reader="docx"),
        ExtractorSpec(extensions=("html",), reader="html"),
        ExtractorSpec(extensions=("json",), reader="json"),
    )
    found = tuple(extractor for extractor in own if extractor.extensions[0] in extensions)
    return (ExtractorSpec(extensions=text), *found) if text else found


ONE_KIND = ("txt",)
LEFT_AT_DEFAULTS = frozenset({(), ONE_KIND, *EXTENSIONS_OF_KINDS.values()})
"""Extensions that no one chose: those of a form and of each choice of kinds."""
USUAL = (*usual_extractors(ONE_KIND), *(e for kinds in EXTENSIONS_OF_KINDS.values() for e in usual_extractors(kinds)))
EXTENSIONS = TypeAdapter(tuple[str, ...])
EXTRACTORS = TypeAdapter(tuple[ExtractorSpec, ...])


class KnowledgeBaseSpec(Spec):
    """A knowledge base of Managed RAG: all that the console's form asks."""

    name: str = Field(
        default="kb-rag-with-inference",
        title="Name",
        description="Name: latin letters, digits, dot, underscore, hyphen.",
    )
    description: str = Field(default="", title="Description", description="Free text.")
    kinds: Literal["listed", "text", "office", "all"] = Field(
        default="listed",
        title="Kinds of file",
        description="Fills in extensions and extractors that are left at their defaults. text: txt, log, rtf, md. "
        "office: these, pdf and docx. all: these, html and json. listed: nothing is filled in. On Cloud.ru txt, log, "
        "rtf and pdf are confirmed, the others are not.",
    )
    extensions: tuple[str, ...] = Field(
        default=ONE_KIND, title="Extensions", description="Extensions to index, without the dot."
    )
    extractors: tuple[ExtractorSpec, ...] = Field(
        default=usual_extractors(ONE_KIND),
        title="Extractors",
        description="One for each kind of file. With kinds, those that are named here win over the usual ones.",
    )
    hybrid_search: bool = Field(default=False, title="Hybrid search", description="Keyword search beside the vectors.")
    authentication: bool = Field(
        default=True,
        title="Authentication",
        description="Ask callers for an IAM token. Off: anyone who knows the URL may search.",
    )
    service_account_id: str | None = Field(
        default=None,
        title="Service account ID",
        description="Service account of the authentication, as the console's form asks for it; under which key it is "
        "sent is an assumption of the block.",
    )
    log_group_id: str | None = Field(
        default=None,
        title="Log group ID",
        description="Log group; left out: the project's default one is found or one is created. "
        "Without a log group the search API never starts.",
    )
    indexed_within_s: int = Field(
        default=3600, ge=1, title="Indexed within, s", description="Deadline in seconds until it must be searchable."
    )

    @field_validator("name")
    @classmethod
    def _knowledge_base_name(cls, name: str) -> str:
        if not re.fullmatch(KNOWLEDGE_BASE_NAME_PATTERN, name):
            raise ValueError(
                f"{name!r} is not a name of a knowledge base; take up to 63 latin letters, digits, dots, underscores "
                "and hyphens, a letter or digit first"
            )
        return name

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, content: Any) -> Any:
        """Fill in what `kinds` means, where nothing else was named."""
        kinds = cast("dict[str, Any]", content).get("kinds") if isinstance(content, dict) else None
        if not isinstance(kinds, str) or kinds not in EXTENSIONS_OF_KINDS:
            return content
        try:
            extensions = _cleaned(EXTENSIONS.validate_python(content.get("extensions") or ()))
            extractors = EXTRACTORS.validate_python(content.get("extractors") or ())
        except ValidationError:
            return content  # the fields themselves say what is wrong
        if extensions in LEFT_AT_DEFAULTS:
            extensions = EXTENSIONS_OF_KINDS[kinds]
        own = tuple(extractor for extractor in extractors if extractor not in USUAL)
        read = {extension for extractor in own for extension in extractor.extensions}
        usual = usual_extractors([extension for extension in extensions if extension not in read])
        return {**content, "extensions": extensions, "extractors": (*own, *usual)}

    @property
    def not_confirmed(self) -> tuple[str, ...]:
        """The extensions that are not confirmed on Cloud.ru with the reader that they have."""
        reader_of = {extension: each.reader for each in reversed(self.extractors) for extension in each.extensions}
        return tuple(
            extension for extension in self.extensions if extension not in CONFIRMED.get(reader_of[extension], ())
        )

    @field_validator("extensions")
    @classmethod
    def _known(cls, extensions: tuple[str, ...]) -> tuple[str, ...]:
        cleaned = _cleaned(extensions)
        if not cleaned:
            raise ValueError("extensions is empty; name at least one, for example txt")
        for extension in cleaned:
            if extension not in DOCUMENT_EXTENSIONS:
                raise ValueError(
                    f"extension {extension!r} is not supported; take one of {', '.join(DOCUMENT_EXTENSIONS)}"
                )
        return cleaned

    @model_validator(mode="after")
    def _every_extension_has_an_extractor(self) -> Self:
        read = {extension for extractor in self.extractors for extension in extractor.extensions}
        missing = [extension for extension in self.extensions if extension not in read]
        if missing:
            raise ValueError(
                f"no extractor reads {', '.join(missing)}; add one to extractors, choose kinds, or drop the extension"
            )
        return self


def _cleaned(extensions: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(extension.lower().lstrip(".") for extension in extensions))


class RetrievalSpec(Spec):
    """How a question is answered."""

    results: int = Field(default=10, ge=1, le=100, title="Results", description="Chunks retrieved.")
    reranked_results: int = Field(
        default=3, ge=1, title="Results after the reranker", description="Chunks kept after the reranker."
    )
    chunks_in_context: int = Field(
        default=3, ge=1, title="Chunks in the LLM's context", description="Chunks shown to the LLM."
    )
    system_prompt: str = Field(
        default="Отвечай на вопрос только по приведённым фрагментам документов. "
        "Если ответа в них нет, так и скажи. Укажи источник.",
        title="System prompt",
        description="System prompt of the LLM.",
    )
    temperature: float = Field(default=0.1, ge=0, le=2, title="Temperature", description="Randomness of the answer.")
    max_completion_tokens: int = Field(
        default=512, ge=1, title="Answer length, tokens", description="Length of the answer in tokens, at most."
    )

    @model_validator(mode="after")
    def _narrowing(self) -> Self:
        if self.reranked_results > self.results:
            raise ValueError(
                f"reranked_results={self.reranked_results} is above results={self.results}; the reranker only narrows"
            )
        if self.chunks_in_context > self.reranked_results:
            raise ValueError(
                f"chunks_in_context={self.chunks_in_context} is above reranked_results={self.reranked_results}; "
                "the LLM is shown only what the reranker kept"
            )
        return self
