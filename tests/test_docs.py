"""The documentation keeps up with the code: links lead somewhere, every parameter and command named exists."""

import ast
import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from prefect import Flow
from pydantic import BaseModel

import blocks
from clouds.cloudru.wire.endpoints import Endpoints
from clouds.yandex.wire.endpoints import Endpoints as YandexEndpoints
from docs.generator.flows_page import FLOWS, flows_page, page_of
from docs.generator.pages import (
    API_PAGES,
    BLOCKS,
    BLOCKS_PAGE,
    DECISIONS,
    FLOWS_PAGE,
    PAGE,
    api_page,
    blocks_page,
    decisions_page,
    nested_models,
    page,
)
from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from flows.specs import EmbedderTuning, LookAt, RagStack
from tasks.run.lock import LOCK_WAIT_S

ROOT = Path(__file__).parent.parent
PAGES = [
    *ROOT.glob("*.md"),
    *(path for folder in ("docs", "examples", "bench") for path in (ROOT / folder).rglob("*.md")),
]
ROOTS = (RagStack, EmbedderTuning, LookAt, EvaluationSpec, Thresholds)
FORMS = [*dict.fromkeys(model for root in ROOTS for model in nested_models(root))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub writes them."""
    plain = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(path: Path) -> None:
    """Every relative link leads to a file of the repository, and its anchor to a heading."""
    text = path.read_text(encoding="utf-8")
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name) if name else path
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_parameters_page_is_up_to_date() -> None:
    """docs/reference/parameters.md is what the models say now; `python -m docs` writes it again."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_flows_page_is_up_to_date() -> None:
    """docs/reference/flows.md has every flow that is deployed, with its parameters as they are now."""
    deployed = re.findall(r"entrypoint: \S+:(\w+)", (ROOT / "deployments.yaml").read_text(encoding="utf-8"))
    assert {flow.fn.__name__ for flow in FLOWS} == set(deployed)
    assert FLOWS_PAGE.read_text(encoding="utf-8") == flows_page()


def test_blocks_page_is_up_to_date() -> None:
    """docs/reference/blocks.md has every block of the project, as its class says it now."""
    assert {block.__name__ for block in BLOCKS} == set(blocks.__all__)
    assert BLOCKS_PAGE.read_text(encoding="utf-8") == blocks_page()


@pytest.mark.parametrize("model", FORMS, ids=lambda model: model.__name__)
def test_every_flow_parameter_is_described(model: type[BaseModel]) -> None:
    """Each field has a description: the Prefect UI shows it beside the input."""
    assert [name for name, field in model.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("model", FORMS, ids=lambda model: model.__name__)
def test_every_flow_parameter_has_a_title(model: type[BaseModel]) -> None:
    """Each field has a title: without one the Prefect UI writes "Gpu Memory Gb" over the input."""
    assert [name for name, field in model.model_fields.items() if not field.title] == []


@pytest.mark.parametrize("path", API_PAGES, ids=lambda path: path.stem)
def test_assumptions_table_is_up_to_date(path: Path) -> None:
    """The table of assumptions on an API page is what the code says now; the same command writes it again."""
    assert path.read_text(encoding="utf-8") == api_page(path)


@pytest.mark.parametrize("endpoints", [Endpoints, YandexEndpoints])
def test_every_endpoint_is_documented(endpoints: type[BaseModel]) -> None:
    """Each service's endpoint is described: the Prefect UI shows it beside the input."""
    assert [name for name, field in endpoints.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("path", API_PAGES, ids=lambda path: path.stem)
def test_every_module_of_the_call_table_exists(path: Path) -> None:
    """An API page says where in the code each call is made, and the file is there."""
    modules = re.findall(r"`(clouds/[\w/]+\.py)`", path.read_text(encoding="utf-8"))
    assert modules
    assert [module for module in modules if not (ROOT / module).exists()] == []


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_flow_has_a_page_with_its_parameters(flow: Flow[..., Any]) -> None:
    """The page of a flow, or its section, begins with its call: parameters, order and defaults are the same."""
    name, _, section = page_of(flow).partition("#")
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    text = text.partition(f"\n## {section}\n")[2] if section else text
    called = re.search(rf"```python\n({flow.fn.__name__}\(.+?)\n```", text, re.DOTALL)
    assert called
    written = ast.parse(f"def {called[1]}: ...").body[0]
    assert isinstance(written, ast.FunctionDef)
    source = ast.parse(textwrap.dedent(inspect.getsource(flow.fn))).body[0]
    assert isinstance(source, ast.FunctionDef)
    assert parameters(written.args) == parameters(source.args)


def parameters(arguments: ast.arguments) -> dict[str, str | None]:
    """Return the default of each parameter as it is written, under a name with a star where it is keyword-only.

    Those that are retired are not among them.
    """
    positional, keywords = arguments.args, arguments.kwonlyargs
    retired = {f"*{each.arg}" for each in keywords if each.annotation and ast.unparse(each.annotation) == "Retired"}
    defaults = [*[None] * (len(positional) - len(arguments.defaults)), *arguments.defaults, *arguments.kw_defaults]
    names = [*(each.arg for each in positional), *(f"*{each.arg}" for each in keywords)]
    return {name: _written(default) for name, default in zip(names, defaults, strict=True) if name not in retired}


def _written(default: ast.expr | None) -> str | None:
    """Return a default as Python writes it; of a name that the flow imports, its value."""
    if isinstance(default, ast.Name):
        return f"{LOCK_WAIT_S:g}" if default.id == "LOCK_WAIT_S" else default.id
    return None if default is None else ast.unparse(default)


def messages() -> set[str]:
    """Return every string constant of the code, and the Makefile; implicit concatenation is one string, as raised."""
    found = {(ROOT / "Makefile").read_text(encoding="utf-8")}
    for folder in ("flows", "tasks", "blocks", "domain", "clouds", "local", "tests/browser"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


@pytest.mark.parametrize("page_name", ["troubleshooting.md", "operate.md"])
def test_every_message_of_a_troubleshooting_table_is_raised(page_name: str) -> None:
    """The words quoted in a table of messages stand in the code; `…` is where a message has a name or a number."""
    text = (ROOT / "docs" / page_name).read_text(encoding="utf-8")
    tables = re.findall(r"^\| message \|.*\n(?:\|.*\n)+", text, re.MULTILINE)
    cells = re.findall(r"^\| (`.+?`) \|", "".join(tables), re.MULTILINE)
    constants = messages()
    assert cells
    for fragment in (
        part.strip() for cell in cells for quote in cell.strip("`").split("`, `") for part in quote.split("…")
    ):
        assert any(fragment in constant for constant in constants), fragment


def test_troubleshooting_has_each_message_once() -> None:
    """A message stands in one row only: two rows would give two answers."""
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`.+?`) \|", text, re.MULTILINE)
    quoted = [quote for cell in cells for quote in cell.strip("`").split("`, `")]
    assert sorted(quoted) == sorted(set(quoted))


def test_every_decision_is_listed() -> None:
    """docs/decisions/README.md lists every page beside it; the same command writes the list again."""
    assert DECISIONS.read_text(encoding="utf-8") == decisions_page()


@pytest.mark.parametrize("page_name", ["README.md", "README.ru.md", "CONTRIBUTING.md"])
def test_named_commands_exist(page_name: str) -> None:
    """Every `make X` of the pages is a target of the Makefile, every `python -m X` a module."""
    text = (ROOT / page_name).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    assert named
    assert named <= targets
    for module in re.findall(r"python -m ((?:bench|docs|local|sandbox)[\w.]*)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


TABLES = re.compile(
    r"^## (Managed RAG on your own models|Tuning an embedder)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)


def migrated_parameters() -> list[tuple[type[BaseModel], str]]:
    """Return every parameter that migration.md names in the right column, with the model that must have it."""
    text = (ROOT / "docs" / "migration.md").read_text(encoding="utf-8")
    found: list[tuple[type[BaseModel], str]] = []
    for title, section in TABLES.findall(text):
        model = RagStack if title.startswith("Managed RAG") else EmbedderTuning
        first = section.split("\n\n|")[1].split("\n\n")[0]  # the table of the tutorial's steps; flows are in the other
        for row in first.splitlines()[2:]:
            parent = ""
            for name in re.findall(r"`(\.?[a-z_.0-9]+)`", row.rsplit(" | ", 1)[1]):
                parent = parent if name.startswith(".") else name.rpartition(".")[0]
                found.append((model, f"{parent}{name}" if name.startswith(".") else name))
    return found


OF_THE_FLOW = frozenset({"huggingface", "results"})
OF_THE_BLOCK = frozenset({"assumptions.dataset"})


@pytest.mark.parametrize(("model", "name"), migrated_parameters(), ids=str)
def test_every_parameter_of_the_migration_exists(model: type[BaseModel], name: str) -> None:
    """A step of a tutorial leads to a field that the form has, or to a parameter of the flow or block."""
    if name in OF_THE_FLOW | OF_THE_BLOCK:
        return
    for part in name.split("."):
        fields = [each.model_fields for each in (model, *nested_models(model)) if part in each.model_fields]
        assert fields, f"{name}: no {part}"


@pytest.mark.parametrize(
    "step",
    [
        "connect Managed RAG, ML Inference and Object Storage",
        "token of type Write",
        "a token of type Read",
        "«Стандартный режим»",
        "«Вручную настроить обработку документов и модель»",
        "«ID версии» and «ID базы знаний»",
        "POST /api/v2/retrieve_generate",
        "`ai.playground.user`",
    ],
)
def test_no_step_of_the_tutorials_is_passed_over(step: str) -> None:
    """What the tutorials ask for by hand and the flows do in another way is said."""
    assert step in (ROOT / "docs" / "migration.md").read_text(encoding="utf-8")
