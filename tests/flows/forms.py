"""The forms of all flows as data: `python -m tests.flows.forms` writes them anew when a parameter is to change.

Schedules and deployments on servers hold parameters by these names and shapes.
"""

import json
from pathlib import Path
from typing import Any

from prefect.utilities.callables import parameter_schema

from tests.flows.test_parameters import FLOWS

PATH = Path(__file__).with_name("forms.json")
WORDS = frozenset({"title", "description"})


def forms() -> dict[str, Any]:
    """Return the parameter schema of each flow, by its name, without what only a person reads."""
    return {flow.name: _without_words(parameter_schema(flow).model_dump(mode="json")) for flow in FLOWS}


def _without_words(schema: Any) -> Any:
    """Leave titles and descriptions out; a property may be called so, and stays."""
    if isinstance(schema, list):
        return [_without_words(each) for each in schema]  # pyright: ignore[reportUnknownVariableType]  # of JSON
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_words(value)
        for key, value in schema.items()  # pyright: ignore[reportUnknownVariableType]  # of JSON
        if not (key in WORDS and isinstance(value, str))
    }


if __name__ == "__main__":
    lines = (
        f"{json.dumps(name)}: {json.dumps(form, ensure_ascii=False, sort_keys=True)}" for name, form in forms().items()
    )
    PATH.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
