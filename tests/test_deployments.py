"""deployments.yaml says what Prefect understands: it would pass over a misspelt key in silence."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.cli.deploy._models import (
    ConcurrencyLimitSpec,
    DeploymentConfig,
    PrefectYamlModel,
    RawScheduleConfig,
    WorkPoolConfig,
)
from prefect.exceptions import ParameterTypeError
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.importtools import import_object
from pydantic import BaseModel

from flows.provision import provision_rag

FILE = Path(__file__).parents[1] / "deployments.yaml"
CONTENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
DEPLOYMENTS = {f"{each['entrypoint'].split(':')[1]}/{each['name']}": each for each in CONTENT["deployments"]}
FLOWS = [
    (path.relative_to(FILE.parent).as_posix(), node.name)
    for path in sorted((FILE.parent / "flows").glob("*.py"))
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.decorator_list
]
CLOUDS = {
    "finetune_embedder": {"sandbox": "yandex-sandbox", "yandex": "yandex"},
    "probe_cloud": {"sandbox": "sandbox", "cloudru": "cloudru", "yandex": "yandex"},
}
"""The cloud that each deployment of a flow goes to."""
DEFINITIONS = ".definitions"
"""Prefect passes over it: its documentation keeps there what the deployments name by a YAML anchor."""
ON_CLOUDRU = {"sandbox": "sandbox", "cloudru": "cloudru"}
SCHEDULES = {
    "resume_rag": "0 8 * * 1-5",
    "evaluate_rag": "0 9 * * 1",
    "refresh_rag": "0 20 * * 1-5",
    "suspend_rag": "15 20 * * 1-5",
    "status_rag": "0 * * * *",
}
"""Evaluation and refresh ask the models, so they are awake; suspend comes after refresh and waits for its lock."""


def flow_of(deployment: dict[str, Any]) -> Flow[..., Any]:
    """Return the flow that the path entrypoint leads to."""
    return load_flow_from_entrypoint(str(FILE.parent / deployment["entrypoint"]))


def unknown_keys(content: dict[str, Any]) -> set[str]:
    """Return the keys that Prefect's own models of the file do not know, with their place.

    The models ignore unknown keys, so they are asked for their fields.
    """
    unknown = _beyond(PrefectYamlModel, content, "") - {DEFINITIONS}
    for deployment in content.get("deployments", []):
        place = f"deployments.{deployment.get('name')}"
        unknown |= _beyond(DeploymentConfig, deployment, place)
        unknown |= _beyond(WorkPoolConfig, deployment.get("work_pool", {}), f"{place}.work_pool")
        unknown |= _beyond(ConcurrencyLimitSpec, deployment.get("concurrency_limit", {}), f"{place}.concurrency_limit")
        for schedule in deployment.get("schedules", []):
            unknown |= _beyond(RawScheduleConfig, schedule, f"{place}.schedules")
    return unknown


def _beyond(model: type[BaseModel], content: dict[str, Any], place: str) -> set[str]:
    known = {field.alias or name for name, field in model.model_fields.items()}
    return {f"{place}.{key}" for key in content.keys() - known}


def test_prefect_knows_every_key() -> None:
    """Nothing in the file is passed over."""
    assert unknown_keys(CONTENT) == set()
    PrefectYamlModel.model_validate(CONTENT)


@pytest.mark.parametrize(
    ("place", "key"),
    [((), "deployment"), (("deployments", 0), "entry_point"), (("deployments", 0, "work_pool"), "pool")],
)
def test_a_misspelt_key_is_noticed(place: tuple[str | int, ...], key: str) -> None:
    """The check above can fail: Prefect's models alone would let each of these pass."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    target = content
    for part in place:
        target = target[part]
    target[key] = "x"
    PrefectYamlModel.model_validate(content)
    assert {found.rsplit(".", 1)[-1] for found in unknown_keys(content)} == {key}  # anchors share what they mark


@pytest.mark.parametrize(("path", "function"), FLOWS, ids=[function for _, function in FLOWS])
def test_every_flow_has_both_deployments(path: str, function: str) -> None:
    """One in the sandbox and one in the real cloud, so that the README's commands find them."""
    mine = [each["name"] for each in CONTENT["deployments"] if each["entrypoint"] == f"{path}:{function}"]
    assert sorted(mine) == sorted(CLOUDS.get(function, ON_CLOUDRU))


def test_no_deployment_is_overwritten_by_another() -> None:
    """Prefect knows a deployment by the names of its flow and its own."""
    assert len(DEPLOYMENTS) == len(CONTENT["deployments"])


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS.keys())
class TestDeployment:
    """Each deployment by itself."""

    def test_entrypoint_loads(self, deployment: dict[str, Any]) -> None:
        """The path entrypoint leads to a flow of the function's name."""
        assert flow_of(deployment).name.replace("-", "_") == deployment["entrypoint"].split(":")[1]

    def test_parameters_fit_the_flow(self, deployment: dict[str, Any]) -> None:
        """A scheduled run gets past its parameters, and goes where the deployment's name says."""
        validated = flow_of(deployment).validate_parameters(deployment["parameters"])
        function = deployment["entrypoint"].split(":")[1]
        assert validated["cloud"] == CLOUDS.get(function, ON_CLOUDRU)[deployment["name"]]

    def test_is_described_tagged_and_has_a_pool(self, deployment: dict[str, Any]) -> None:
        """What a stranger sees in the UI."""
        assert deployment["description"]
        assert "managed-rag" in deployment["tags"]
        assert deployment["work_pool"]["name"]

    def test_schedules_are_examples(self, deployment: dict[str, Any]) -> None:
        """Nobody is surprised by a bill or a nightly end of it: schedules do nothing until they are switched on."""
        schedules = [RawScheduleConfig.model_validate(schedule) for schedule in deployment.get("schedules", [])]
        assert [schedule.active for schedule in schedules] == [False] * len(schedules)
        assert all(schedule.timezone == "Europe/Moscow" for schedule in schedules)
        function = deployment["entrypoint"].split(":")[1]
        due = None if deployment["name"] == "sandbox" else SCHEDULES.get(function)
        assert [schedule.cron for schedule in schedules] == ([due] if due else [])
        assert all(schedule.slug for schedule in schedules), "without one, what was switched is forgotten"

    def test_parameters_of_schedules_fit_the_flow(self, deployment: dict[str, Any]) -> None:
        """What a schedule gives its runs beside the deployment's parameters is taken by the flow."""
        for schedule in deployment.get("schedules", []):
            flow_of(deployment).validate_parameters({**deployment["parameters"], **schedule.get("parameters", {})})


def test_pull_step_leads_to_the_project() -> None:
    """An absent pull would write down the path of the machine that deploys."""
    ((name, arguments),) = (step for (step,) in (step.items() for step in CONTENT["pull"]))
    directory = Path(import_object(name)(**arguments)["directory"])
    for deployment in DEPLOYMENTS.values():
        assert (directory / deployment["entrypoint"].split(":")[0]).is_file()


def test_a_wrong_parameter_is_refused() -> None:
    """The validation above can fail."""
    with pytest.raises(ParameterTypeError, match="'NO' is not a bucket name"):
        provision_rag.validate_parameters({"stack": {"bucket": "NO"}})


def test_the_example_of_a_stack_of_ones_own_is_taken() -> None:
    """docs/fleet.md shows lines that can be added to the file as they are."""
    page = (FILE.parent / "docs" / "fleet.md").read_text(encoding="utf-8")
    lines = page.split("## A stack of your own", 1)[1].split("```yaml\n", 1)[1].split("```", 1)[0]
    added: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8") + lines)
    own = [each for each in added["deployments"] if each["name"] == "faq"]
    assert unknown_keys({**CONTENT, "deployments": own}) == set()
    assert len(own) == 2
    provisioned, named = (flow_of(each).validate_parameters(each["parameters"])["stack"] for each in own)
    assert provisioned.probe.source == "hours.txt"
    assert named == provisioned.knowledge_base.name
