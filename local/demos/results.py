"""What a run has written for programs: its result as data, and the rows of its tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from domain.keys import result_kind
from local.errors import LocalError
from local.prefect_api import Artifact, FlowRun, PrefectApi

M = TypeVar("M", bound=BaseModel)


class Owner(Protocol):
    """What the artifacts are about: the key of a stack or of a tuning."""

    def artifact(self, kind: str) -> str: ...  # noqa: D102  # as in StackKey


@dataclass(frozen=True)
class Written:
    """The artifacts of a run by their key, and the key of what they are about."""

    artifacts: Mapping[str, Artifact]
    owner: Owner
    run_url: str

    def result(self, kind: str, model: type[M]) -> M:
        """Return the flow's result.

        Raises:
            LocalError: the run has written none; names the artifact and the page of the run.

        """
        return self.data(result_kind(kind), model)

    def data(self, kind: str, model: type[M]) -> M:
        """Return the data of an artifact; raises as `result`."""
        return model.model_validate_json(_text(self.artifact(kind).data))

    def find(self, kind: str, model: type[M]) -> M | None:
        """Return the data of an artifact; None when the run did not come to write it."""
        return self.data(kind, model) if self.owner.artifact(kind) in self.artifacts else None

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """Return the rows of a table; raises as `result`."""
        return json.loads(_text(self.artifact(kind).data))

    def artifact(self, kind: str) -> Artifact:
        """Return an artifact; raises as `result`."""
        key = self.owner.artifact(kind)
        if key not in self.artifacts:
            raise LocalError(f"the run has ended well, and wrote no artifact {key}; see {self.run_url}")
        return self.artifacts[key]


def written(api: PrefectApi, run: FlowRun, owner: Owner) -> Written:
    """Return what a run has written about `owner`."""
    found = {artifact.key: artifact for artifact in api.artifacts(run.id) if artifact.key}
    return Written(found, owner, api.run_url(run.id))


def _text(data: Any) -> str:
    """Return JSON: the server keeps data as text, and an older one as it was given."""
    return data if isinstance(data, str) else json.dumps(data)
