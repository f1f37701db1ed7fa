"""The documentation keeps up with the code: links lead somewhere, every parameter and command named exists."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.wire.endpoints import Endpoints
from flows.specs import RagStack
from local.parameters import PAGE, nested_models, page

ROOT = Path(__file__).parent.parent
API_PAGE = (ROOT / "docs" / "cloudru-api.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *(path for folder in ("docs", "examples", "bench") for path in (ROOT / folder).rglob("*.md"))]
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
    """docs/parameters.md is what the models say now; `python -m local.parameters` writes it again."""
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("model", list(nested_models(RagStack)), ids=lambda model: model.__name__)
def test_every_flow_parameter_is_described(model: type[BaseModel]) -> None:
    """Each field has a description: the Prefect UI shows it beside the input."""
    assert [name for name, field in model.model_fields.items() if not field.description] == []


def test_every_assumption_is_on_the_api_page() -> None:
    """docs/cloudru-api.md names every field of Assumptions in its table, with its mark and its default."""
    table = API_PAGE.split("## Assumptions", 1)[1]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE))
    assert set(rows) == set(Assumptions.model_fields)
    for name, row in rows.items():
        assert re.search("INFERRED|UNKNOWN|CONFLICT", row), name


def test_every_endpoint_is_on_the_api_page() -> None:
    """docs/cloudru-api.md names every endpoint and where it is by default."""
    for name, field in Endpoints.model_fields.items():
        assert re.search(rf"^\| `{name}` \| `{re.escape(field.default)}` \|", API_PAGE, re.MULTILINE), name


@pytest.mark.parametrize("page_name", ["README.md", "README.ru.md", "CONTRIBUTING.md"])
def test_named_commands_exist(page_name: str) -> None:
    """Every `make X` of the pages is a target of the Makefile, every `python -m X` a module."""
    text = (ROOT / page_name).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    assert named
    assert named <= targets
    for module in re.findall(r"python -m ((?:bench|local|sandbox)[\w.]*)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
