"""What is wanted of training data."""

from typing import Self

from pydantic import Field, model_validator

from clouds.spec import Spec
from clouds.yandex.specs import Kind
from domain.training_data.faults import Tolerable


class TextPrefixes(Spec):
    """What stands before texts in training, and must stand before them whenever the tuned model embeds one."""

    query: str = Field(default="", title="Query prefix", description="Before anchors, for example `[ЗАПРОС] `.")
    document: str = Field(
        default="", title="Document prefix", description="Before positives and negatives, for example `[ДОКУМЕНТ] `."
    )


class TrainingDataSpec(Spec):
    """Training data of one dataset, or of several that are mixed by weight, and what is allowed in it."""

    sources: tuple[str, ...] = Field(
        title="Training data",
        description="JSON lines, UTF-8: files or fsspec URLs. More than one become a dataset each.",
        min_length=1,
    )
    kind: Kind = Field(default="pair", title="Kind", description="pair: anchor and positive; triplet: also negative.")
    validation: str | None = Field(
        default=None,
        title="Validation data",
        description="File or fsspec URL of the same kind; none of its anchors is trained on.",
    )
    validation_fraction: float = Field(
        default=0.0,
        title="Validation fraction",
        description="Share of the anchors to hold out instead; which ones depends on their texts alone.",
        ge=0,
        le=0.5,
    )
    prefixes: TextPrefixes = Field(
        default=TextPrefixes(), title="Prefixes", description="Written before the texts of the file that is uploaded."
    )
    tolerate: tuple[Tolerable, ...] = Field(
        default=("duplicate", "long_text", "same_text"),
        title="Tolerate",
        description="Faults that are listed but do not end the run; all others do.",
    )
    rows_min: int = Field(
        default=10,
        title="Fewest rows",
        description="Fewer training rows are refused. The service takes one; ten are its least for generated text.",
        ge=1,
    )
    text_limit_characters: int = Field(
        default=6000,
        title="Longest text, characters",
        description="Prefix included. The service reads 2000 tokens; 3 characters a token is an estimate.",
        ge=1,
    )
    size_limit_bytes: int = Field(
        default=5_000_000_000, title="Largest file, bytes", description="The service takes 5 GB a dataset.", ge=1
    )

    @model_validator(mode="after")
    def _one_validation(self) -> Self:
        if self.validation is not None and self.validation_fraction:
            raise ValueError("validation data and a validation fraction are both given; leave one of them out")
        return self
