"""How a version reads documents: which extensions, by which extractor, split how; as far as the API reports it.

The keys of a version's settings are not published, so those of the create body are looked for at any depth. What is not
reported is not compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from clouds.cloudru.assumptions import KnowledgeAssumptions
from clouds.cloudru.knowledge.differences import values
from clouds.cloudru.knowledge.request import extractor_bodies
from clouds.cloudru.specs import KnowledgeBaseSpec
from clouds.cloudru.wire.knowledge import KnowledgeBaseVersion

PATTERNS = "file_patterns"


@dataclass(frozen=True)
class Reading:
    """How documents are read: `extensions`, None where nothing tells, and by extension its extractor as created."""

    extensions: tuple[str, ...] | None
    extractors: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class ReadingDifferences:
    """Extensions that are read no more, those read in addition, and by extension in what else the reading differs."""

    dropped: tuple[str, ...]
    added: tuple[str, ...]
    otherwise: Mapping[str, tuple[str, ...]]

    @property
    def lines(self) -> tuple[str, ...]:
        """What the version does otherwise than is wanted; nothing when it does not."""
        found = [f"it does not read {', '.join(self.added)}"] if self.added else []
        found += [f"it reads {', '.join(self.dropped)} too"] if self.dropped else []
        return (*found, *dict.fromkeys(line for lines in self.otherwise.values() for line in lines))


def wanted_reading(spec: KnowledgeBaseSpec, assumed: KnowledgeAssumptions) -> Reading:
    """Return how a version that is built from this spec reads."""
    return Reading(spec.extensions, _by_extension(extractor_bodies(spec, assumed)))


def reported_reading(version: KnowledgeBaseVersion, otherwise: Reading | None = None) -> Reading:
    """Return how the service says that a version reads; `otherwise` stands for what it does not say."""
    settings = version.knowledge_base_version_settings
    extensions = next((found for found in values(settings, "file_extensions") if isinstance(found, list)), None)
    extractors = _by_extension(next((found for found in values(settings, "extractors") if isinstance(found, list)), []))
    rest = otherwise or Reading(None, {})
    return Reading(
        rest.extensions if extensions is None else tuple(map(str, cast("list[Any]", extensions))),
        extractors or rest.extractors,
    )


def reading_differences(have: Reading, wanted: Reading) -> ReadingDifferences:
    """Compare how a version reads with how it is wanted to; what `have` does not tell is no difference."""
    read, wanted_extensions = have.extensions, wanted.extensions or ()
    if read is None:
        read = wanted_extensions
    otherwise = {
        extension: tuple(_differences(have.extractors[extension], wanted.extractors[extension]))
        for extension in wanted_extensions
        if extension in read and extension in have.extractors and extension in wanted.extractors
    }
    return ReadingDifferences(
        tuple(extension for extension in read if extension not in wanted_extensions),
        tuple(extension for extension in wanted_extensions if extension not in read),
        {extension: found for extension, found in otherwise.items() if found},
    )


def _by_extension(extractors: list[Any]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for extractor in extractors:
        patterns = extractor.get(PATTERNS) if isinstance(extractor, dict) else None
        for extension in patterns if isinstance(patterns, list) else ():
            content = {key: value for key, value in extractor.items() if key != PATTERNS}
            found.setdefault(str(extension).lstrip("*."), content)
    return found


def _differences(have: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Compare what both hold, and first which of the extractors, or of the splitters, each has."""
    chosen, wanted_chosen = ([key for key, value in each.items() if isinstance(value, dict)] for each in (have, wanted))
    if chosen and wanted_chosen and not set(chosen) & set(wanted_chosen):
        return [f"{_words(', '.join(chosen))} is used, not {_words(', '.join(wanted_chosen))}"]
    found: list[str] = []
    for key, value in wanted.items():
        if key not in have:
            continue
        if isinstance(value, dict) and isinstance(have[key], dict):
            found += _differences(have[key], cast("dict[str, Any]", value))
        elif str(have[key]) != str(value):
            found.append(f"{_words(key)} is {have[key]}, not {value}")
    return found


def _words(key: str) -> str:
    return key.replace("_", " ")
