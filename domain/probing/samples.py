"""What a probe was answered, in the form of tests/contract/samples, with nothing of the user's in it."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clouds.recorder import Answered
from domain.probing.anonymous import Anonymous
from domain.probing.seen import values

SOURCE = "the live service, by probe-cloud"
TOKEN_KEYS = ("access_token", "id_token", "refresh_token", "iam_token", "payload")
MOST_OF_ONE_MODEL = 2
"""So many answers of one kind are kept: those whose keys differ."""


@dataclass(frozen=True)
class Sample:
    """A file: its name without folder, and what it holds."""

    name: str
    content: dict[str, Any]

    @property
    def text(self) -> str:
        """What stands in the file."""
        return json.dumps(self.content, ensure_ascii=False, indent=2) + "\n"


def samples(answers: Iterable[Answered], read: str, secrets: Sequence[str]) -> list[Sample]:
    """Return a sample for each kind of answer; `read` is the day, `2026-11-30`.

    One that would hold a secret is left out: `secrets` are the key, its id, the token and whatever else must not be
    found in a file.
    """
    answers = tuple(answers)
    tokens = [value for key in TOKEN_KEYS for value in values([each.body for each in answers], key)]
    anonymous = Anonymous([*secrets, *(token for token in tokens if isinstance(token, str))])
    kept: dict[str, list[Any]] = {}
    for answer in answers:
        bodies = kept.setdefault(answer.model, [])
        body = anonymous.of(answer.body)
        if answer.good and answer.body is not None and len(bodies) < MOST_OF_ONE_MODEL and _is_new(body, bodies):
            bodies.append(body)
    found: list[Sample] = []
    for model, bodies in kept.items():
        for number, body in enumerate(bodies, start=1):
            content = {"source": SOURCE, "read": read, "model": model, "sent_by_us": False, "body": body}
            sample = Sample(f"live_{_snake(model)}{f'_{number}' if number > 1 else ''}.json", content)
            if not anonymous.found(sample.text):
                found.append(sample)
    return found


def _is_new(body: Any, bodies: Sequence[Any]) -> bool:
    return shape(body) not in [shape(each) for each in bodies]


def shape(content: Any) -> Any:
    """Return the keys with their nesting."""
    if isinstance(content, dict):
        return {key: shape(value) for key, value in sorted(content.items())}
    return [shape(value) for value in content[:1]] if isinstance(content, list) else type(content).__name__


def _snake(model: str) -> str:
    name = model.rpartition(".")[2]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
