"""A knowledge base: all that the console's form asks."""

import re
from collections.abc import Sequence
from typing import Any, Literal, Self, cast

from pydantic import Field, ValidationError, field_validator, model_validator

from clouds.cloudru.specs.extraction import (
    CONFIRMED,
    DOCUMENT_EXTENSIONS,
    EXTENSIONS,
    EXTENSIONS_OF_KINDS,
    EXTRACTORS,
    LEFT_AT_DEFAULTS,
    ONE_KIND,
    USUAL,
    ExtractorSpec,
    usual_extractors,
)
from clouds.cloudru.specs.names import KNOWLEDGE_BASE_NAME_PATTERN
from clouds.spec import Spec


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
