"""The program of the README: the client without a flow."""

import re
from pathlib import Path

import pytest

from clouds.cloudru.client import CloudRuClient
from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID
from tests.support.stacks import Cloud

ROOT = Path(__file__).parents[2]
CONNECTED = 'CloudRuClient(key_id="...", key_secret="...", project_id="...")'


@pytest.mark.parametrize("name", ["README.md", "README.ru.md"])
def test_the_program_of_the_readme_reads_a_stack(cloud: Cloud, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It lists the models and prints passages of the documents, best first."""
    found = re.search(r"^```python\n(.*?)^```$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    stack = cloud.stack()
    cloud.stand(stack)
    program = found[1].replace("kb-rag-with-inference", stack.knowledge_base.name)
    assert CONNECTED in program
    client = CloudRuClient(
        key_id=KEY_ID, key_secret=KEY_SECRET, project_id=PROJECT_ID, endpoints=cloud.sandbox.endpoints
    )

    exec(program.replace(CONNECTED, "client"), {"client": client})  # noqa: S102  # the README's own lines

    lines = capsys.readouterr().out.splitlines()
    assert {model.name for model in stack.models} <= {line.split()[0] for line in lines if line}
    scores = [float(line.split()[0]) for line in lines if re.match(r"\d\.\d\d ", line)]
    assert scores
    assert scores == sorted(scores, reverse=True)
