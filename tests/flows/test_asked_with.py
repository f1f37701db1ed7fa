"""Only provision-rag changes what questions are asked with, by a row of its plan; every other flow keeps it."""

from typing import Any

import pytest

from domain.in_service import AskedWith
from flows.evaluate import evaluate_rag, rollback_rag
from flows.power import status_rag
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from flows.specs import RagStack
from tasks.run.service_record import in_service
from tests.flows.test_evaluate import FACTS, Shop, shop
from tests.support.artifacts import artifact
from tests.support.stacks import inference

__all__ = ["shop"]

HOTTER = 0.5
EXCEPT_WEDNESDAY = ("Магазин открыт с девяти до шести, кроме среды.", *[*FACTS.values()][1:])


def hotter(stack: RagStack) -> RagStack:
    """Return the stack with another temperature."""
    return stack.model_copy(update={"retrieval": stack.retrieval.model_copy(update={"temperature": HOTTER})})


def asked(plan: Any) -> list[tuple[str, str, str]]:
    """Return the rows of a plan about what questions are asked with."""
    return [(row.name, row.verb, row.reason) for row in plan.rows if row.resource == "asked with"]


def served_with(shop: Shop) -> AskedWith | None:
    """Return what the version in service is asked with."""
    found = in_service(shop.key)
    return found.asked_with if found else None


@pytest.fixture
def provisioned(shop: Shop) -> Shop:
    """Have the stack provisioned by the flow."""
    provision_rag(shop.stack, shop.cloud.name, shop.cloud.name)
    return shop


def test_provision_plans_what_is_asked_with_and_rollback_says_what_it_takes_back(
    provisioned: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """A row with both values; status-rag names what a rollback left, and a refresh by name keeps what is in service."""
    first, before = provisioned.stack, provisioned.stack.retrieval.temperature
    other = hotter(first).model_copy(
        update={"llm": inference(f"{first.llm.name}-b", "t-tech/T-lite-it-1.0", "Generate")}
    )

    plan: Any = provision_rag(other, provisioned.cloud.name, provisioned.cloud.name, plan_only=True)
    report: Any = provision_rag(other, provisioned.cloud.name, provisioned.cloud.name)

    assert "; asked with: 2 changes;" in plan.summary
    assert f"asked with retrieval.temperature: in service was {before}, is {HOTTER} now" in report.notes
    assert "promoted. It is in service now, after the same version asked otherwise" in caplog.text
    assert asked(plan) == [
        (
            "retrieval.temperature",
            "update",
            f"in service is {before}, becomes {HOTTER} once the version has been judged with it",
        ),
        (
            "llm.name",
            "update",
            f'in service is "{first.llm.name}", becomes "{other.llm.name}" once the version has been judged with it',
        ),
    ]
    assert served_with(provisioned) == AskedWith.of(other)
    assert status_rag(provisioned.name, provisioned.cloud.name).drift == ()
    rollback_rag(provisioned.name, provisioned.cloud.name)
    assert "is in service again, instead of the same version asked otherwise" in caplog.text
    drift = status_rag(provisioned.name, provisioned.cloud.name).drift
    page = artifact("status", provisioned.name)["description"]
    assert f"Not as it was provisioned: asked with retrieval.temperature: provisioned is {HOTTER}" in page
    assert (
        f"asked with retrieval.temperature: provisioned is {HOTTER}, in service is {before}: provision-rag judges and "
        "promotes what is provisioned"
    ) in drift

    provisioned.write(*EXCEPT_WEDNESDAY)
    kept = refresh_rag(provisioned.name, provisioned.cloud.name, plan_only=True)
    refreshed: Any = refresh_rag(provisioned.name, provisioned.cloud.name)

    assert asked(kept)[0] == (
        "retrieval.temperature",
        "keep",
        f"in service is {before}, and provisioned is {HOTTER}: {before} counts, and only provision-rag changes it",
    )
    assert refreshed.outcome == "refreshed"
    assert served_with(provisioned) == AskedWith.of(first)


def test_what_is_in_service_already_is_said_to_stay(provisioned: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Promoted again it takes nobody's place; a base that replaces another one takes that one's."""
    evaluate_rag(provisioned.name, provisioned.cloud.name, str(provisioned.golden), promote=True)
    embedder = inference(f"{provisioned.stack.embedder.name}-new", "Qwen/Qwen3-Embedding-0.6B", "Embedding")
    other = provisioned.stack.model_copy(update={"embedder": embedder, "golden": str(provisioned.golden)})
    provision_rag(other, provisioned.cloud.name, provisioned.cloud.name, allow_replace=True)

    (again, replaced) = [line for line in caplog.messages if " promoted. " in line]
    assert again.endswith("promoted. It stays in service")
    assert replaced.endswith(
        f"in service now, after {provisioned.first_version} of the knowledge base that it replaces"
    )


def test_a_refresh_with_a_whole_stack_keeps_what_is_asked_with(provisioned: Shop) -> None:
    """As the row of its plan says: the new version is judged and serves with what is in service."""
    before = provisioned.stack.retrieval.temperature
    provisioned.write(*EXCEPT_WEDNESDAY)
    nowhere = inference("llm-nowhere", "t-tech/T-lite-it-1.0", "Generate")
    other = hotter(provisioned.stack).model_copy(update={"llm": nowhere})

    plan: Any = refresh_rag(other, provisioned.cloud.name, plan_only=True)
    refreshed: Any = refresh_rag(other, provisioned.cloud.name)

    line = f"in service is {before}, and this run has {HOTTER}: {before} counts, and only provision-rag changes it"
    assert asked(plan)[0] == ("retrieval.temperature", "keep", line)
    assert not [row for row in plan.rows if row.resource == "kept stack"]
    assert refreshed.differences[0] == f"retrieval.temperature: {line}"
    assert refreshed.version_id != provisioned.first_version
    assert served_with(provisioned) == AskedWith.of(provisioned.stack)
    assert status_rag(provisioned.name, provisioned.cloud.name).drift == ()


def test_evaluate_promotes_a_version_with_what_is_asked_with_in_service(provisioned: Shop) -> None:
    """Another version, a stack that is given whole: judged and promoted with what is in service."""
    another = provisioned.build(*EXCEPT_WEDNESDAY)

    report = evaluate_rag(
        hotter(provisioned.stack), provisioned.cloud.name, str(provisioned.golden), version=another, promote=True
    )

    assert (report.promoted, provisioned.in_service()) == (True, another)
    assert served_with(provisioned) == AskedWith.of(provisioned.stack)
    assert "only provision-rag changes it" in report.differences[0]
