"""The step that looks at training data shows what it found, also when it refuses it."""

import json
from pathlib import Path

import pytest
from prefect import flow

from clouds.errors import ConfigurationError
from domain.keys import TuningKey
from domain.training_data.check import CheckedData
from domain.training_data.spec import TrainingDataSpec
from tasks.tuning.training_data import check_training_data
from tests.support.artifacts import artifact

FOLDER = "b1gsandboxfolder0000"


@flow
def look(source: str, name: str, folder: str) -> CheckedData:
    """Look at one file."""
    return check_training_data(TrainingDataSpec(sources=(source,)), TuningKey(FOLDER, name), folder=folder)


def test_the_table_is_an_artifact(prefect_storage: Path, tmp_path: Path) -> None:  # noqa: ARG001  # the server must be up
    """Of sound data and of refused data; the refusal names the line."""
    path = tmp_path / "pairs.jsonl"
    lines = [json.dumps({"anchor": f"вопрос {n}", "positive": f"ответ {n}"}) for n in range(20)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert look(str(path), "sound-data", str(tmp_path)).training[0].rows == 20
    table = json.loads(artifact("training-data", "sound-data", FOLDER)["data"])
    assert table[0] == {"": "training data", "anchor": "20 rows", "positive": table[0]["positive"]}

    path.write_text("\n".join([*lines, "{}"]), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="line 21: has the keys"):
        look(str(path), "refused-data", str(tmp_path))
    table = json.loads(artifact("training-data", "refused-data", FOLDER)["data"])
    assert table[-1][""] == "fault: wrong keys"
