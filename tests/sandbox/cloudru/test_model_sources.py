"""Model RUN with sources besides Hugging Face and runtimes of pictures: FAILED where nothing can serve."""

from typing import Any

import pytest

from sandbox.cloudru.rules.runtimes import TEMPLATES
from sandbox.services import Services
from tests.sandbox.cloudru.test_inference import body, refusal, status
from tests.support.sandbox_process import SandboxProcess

CARDS = "/console.cloud.ru/u-api/inference/model-run/v1/predefined-models"


def ended(services: Services, **changes: Any) -> tuple[str, str]:
    """Make a run, let it ripen, and return its status and what it gives as the reason."""
    run_id = services.cloudru.inference.create(body("run", **changes), "tester").id
    services.host.clock.advance(60)
    reason = services.cloudru.inference.read(run_id).whole(services.host.clock(), "").status_reason
    return status(services, run_id), reason.message if reason else ""


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ({"ollama": {"model": "qwen3:8b", "repo": "", "revision": ""}}, "ollama"),
        ({"modelRegistry": {"repo": "registry/own", "model": "m", "revision": "1"}}, "model registry"),
        ({"modelScope": {"repo": "nobody/nothing", "model": "", "revision": "master"}}, "ModelScope"),
    ],
)
def test_other_sources_are_taken_and_fail(services: Services, source: dict[str, Any], named: str) -> None:
    """The body comes back as it was sent; the reason names the source."""
    given = {**source, "secret": "", "repoSize": 0}
    state, reason = ended(services, modelSource=given)
    kept = services.cloudru.inference.all()[0].request.model_source.to_wire()

    assert (state, named in reason) == ("FAILED", True)
    assert kept == given


def test_a_repository_that_modelscope_has_too_is_served(services: Services) -> None:
    """The tutorial's models have the same names there."""
    source = {"modelScope": {"repo": "Qwen", "model": "Qwen3-Embedding-0.6B", "revision": "master"}}

    assert ended(services, modelSource=source) == ("RUNNING", "")


def test_a_source_is_needed_and_only_one(services: Services) -> None:
    """None, and two, are refused."""
    ollama = {"ollama": {"model": "qwen3:8b"}}
    both = {**ollama, "modelScope": {"repo": "a/b"}}

    assert refusal(services, body(modelSource={"secret": ""})) == (400, "modelSource names no repository")
    assert refusal(services, body(modelSource=both)) == (400, "modelSource names more than one repository")


@pytest.mark.parametrize("framework", ["COMFY_UI", "DIFFUSERS"])
def test_runtimes_of_pictures_are_taken_and_fail(services: Services, framework: str) -> None:
    """They have a template; a run of theirs says that the sandbox makes no pictures."""
    template = next(each for each in TEMPLATES if each.framework_type == f"FrameworkType_{framework}")
    state, reason = ended(
        services,
        frameworkType=template.framework_type,
        runtimeTemplateId=template.id,
        modelTaskType="ModelTaskType_TEXT_2_IMAGE_GENERATION",
        servingOptions={"diffusersOptions": {}},
    )

    assert (state, "pictures" in reason) == ("FAILED", True)


def test_cards_have_vendor_context_and_licence(sandbox: SandboxProcess) -> None:
    """The published keys of a card, each with a value."""
    with sandbox.client() as client:
        cards = client.get(CARDS).json()["modelCards"]
        one = client.get(f"{CARDS}/{cards[0]['id']}").json()["modelCard"]

    assert one == cards[0]
    for card in cards:
        assert card["vendorName"]
        assert card["licenseName"]
        assert card["contextK"] > 0
        assert card["tags"]
