"""Every way into service judges by the stack's own golden questions, and what they refuse stays refused."""

from typing import Any

import pytest
from prefect.events.worker import EventsWorker
from prefect.testing.fixtures import asserting_events_worker
from prefect.variables import Variable

from clouds.errors import ConfigurationError, RefusedError, WrongAnswerError
from domain.gate import Thresholds
from domain.in_service import AskedWith
from domain.judged import Judged
from domain.promotion import RolledBack
from flows.ask import ask_rag
from flows.evaluate import evaluate_rag
from flows.power import status_rag
from flows.provision import provision_rag
from flows.refresh import refresh_rag
from tasks.run.credentials import cloud_credentials
from tasks.run.judged_record import read_judged
from tasks.run.service_record import in_service
from tasks.stack.promotion import NotPromotedError
from tests.flows.test_evaluate import FACTS, PHRASES, Shop, events, shop
from tests.flows.test_refresh import GRAPH, names_in_graph
from tests.support.artifacts import artifact
from tests.support.graph import drawn
from tests.support.stacks import inference

__all__ = ["asserting_events_worker", "shop"]

NO_PARKING = (FACTS["Когда открыт магазин?"], "Парковки у нас нет.", FACTS["Где выдают посылки?"])
"""Passes the probe, not the golden questions."""


def judged(shop: Shop, **changes: Any) -> None:
    """Give the stack its golden questions."""
    shop.stack = shop.stack.model_copy(update={"golden": str(shop.golden), **changes})


def provision(shop: Shop, **options: Any) -> Any:
    """Run `provision-rag`."""
    return provision_rag(shop.stack, shop.cloud.name, shop.cloud.name, **options)


def refresh(shop: Shop, **options: Any) -> Any:
    """Run `refresh-rag`."""
    return refresh_rag(shop.stack, shop.cloud.name, **options)


def refused_version(shop: Shop) -> str:
    """Provision a good version, have a worse one refused, and return its id."""
    judged(shop)
    provision(shop)
    shop.write(*NO_PARKING)
    with pytest.raises(WrongAnswerError):
        refresh(shop)
    (refusal,) = read_judged(shop.key).refusals
    return refusal.build.version_id


def test_a_refused_version_is_not_promoted_by_a_run_without_golden_questions(shop: Shop) -> None:
    """The probe would pass it: the next run names the golden questions and what to do, and promotes nothing.

    Questions that only a run has are no reason to remember a refusal.
    """
    provision(shop)
    shop.write(*NO_PARKING)
    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        refresh(shop, golden=str(shop.golden))
    assert read_judged(shop.key).refusals == ()

    with pytest.raises(ConfigurationError, match=r"golden questions judge this stack .*the probe alone promotes no"):
        refresh(shop)

    assert shop.in_service() == shop.first_version


def test_provision_without_golden_questions_changes_nothing_of_a_stack_that_they_judge(shop: Shop) -> None:
    """`allow_replace` is no way around them: it is said before another model is paid for.

    Only `refresh-rag` was ever given them: the message says that this counts, and where `provision-rag` takes them.
    """
    provision(shop)
    shop.write(*NO_PARKING)
    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        refresh(shop, golden=str(shop.golden))
    embedder = inference(f"{shop.stack.embedder.name}-new", "Qwen/Qwen3-Embedding-0.6B", "Embedding")
    shop.stack = shop.stack.model_copy(update={"embedder": embedder})
    shop.cloud.sandbox.control.delete("/requests")

    with pytest.raises(
        ConfigurationError, match=r"the probe alone promotes no version.*Nothing was changed"
    ) as refused:
        provision(shop, allow_replace=True)

    assert "questions that only a run of refresh-rag or evaluate-rag was given count too" in refused.value.message
    assert "name their file in the field golden of the stack" in refused.value.message

    assert shop.in_service() == shop.first_version
    assert shop.cloud.changes() == []


def test_provision_that_promotes_nothing_needs_no_golden_questions(shop: Shop) -> None:
    """A stack that they judge is provisioned again without them while what is in service stays."""
    provision(shop)
    shop.write(*NO_PARKING)
    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        refresh(shop, golden=str(shop.golden))

    provision(shop)

    assert shop.in_service() == shop.first_version


def test_refresh_judges_by_the_questions_of_the_stack(shop: Shop) -> None:
    """No parameter of the run names them."""
    judged(shop)
    provision(shop)
    shop.write(*NO_PARKING)

    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        refresh(shop)

    assert shop.in_service() == shop.first_version


def test_provision_judges_by_the_questions_of_the_stack(shop: Shop) -> None:
    """A version that answers the probe and not them is built and not put in service."""
    judged(shop)
    provision(shop)
    shop.write(*NO_PARKING)

    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        provision(shop)

    assert shop.in_service() == shop.first_version


def test_a_run_may_only_raise_the_thresholds_of_its_stack(shop: Shop) -> None:
    """Lower ones than the stack's do not count."""
    judged(shop)
    provision(shop)
    shop.write(*NO_PARKING)
    none = Thresholds(recall_at_least=0, mrr_at_least=0, ndcg_at_least=0, answer_phrases_at_least=0, worse_by_at_most=1)

    with pytest.raises(WrongAnswerError, match=r"recall@3 0\.667 is below 0\.7"):
        refresh(shop, thresholds=none)

    assert shop.in_service() == shop.first_version


def test_evaluate_asks_the_questions_of_the_stack_beside_its_own(shop: Shop, tmp_path: Any) -> None:
    """A golden file with the one question that still passes promotes nothing."""
    judged(shop)
    provision(shop)
    worse = shop.build(*NO_PARKING)
    easy = tmp_path / "easy.jsonl"
    easy.write_text(
        '{"query": "Во сколько открывается магазин?", "expected_sources": ["shop.txt"], '
        '"expected_phrases": ["с девяти"]}',
        encoding="utf-8",
    )

    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        evaluate_rag(shop.stack, shop.cloud.name, str(easy), version=worse, promote=True)

    assert shop.in_service() == shop.first_version


def test_a_refusal_holds_for_the_same_content_until_a_person_names_it(shop: Shop) -> None:
    """Built anew by `force`, judged by fewer questions, it stays out; promote_refused lets it in, no way back does."""
    refused = refused_version(shop)
    shop.ask_for(("Когда открыт магазин?", "с девяти до шести"))

    with pytest.raises(RefusedError, match=rf"{refused} was refused on .* by 3 golden questions.*Nothing was"):
        refresh(shop)
    with pytest.raises(NotPromotedError, match=rf"version {refused} was refused on .*and this is the same content"):
        refresh(shop, force=True)
    assert shop.in_service() == shop.first_version
    with pytest.raises(ConfigurationError, match=f"promote_refused names 'v9'.*have refused {refused}"):
        refresh(shop, promote_refused="v9")

    shop.ask_for(*zip(FACTS, PHRASES, strict=True))
    report = evaluate_rag(shop.stack, shop.cloud.name, version=refused, promote=True, promote_refused=refused)
    assert report.promoted
    assert shop.in_service() == refused
    shop.write(*FACTS.values())
    assert refresh(shop).outcome == "refreshed"
    with pytest.raises(NotPromotedError, match=f"cannot go back: version {refused} was refused by golden questions"):
        shop.rollback()


def test_what_is_measured_without_the_lock_refuses_nothing(shop: Shop) -> None:
    """Somebody tries a version out: nothing is remembered, and the probe still judges."""
    judged(shop)
    worse = shop.build(*NO_PARKING)
    with pytest.raises(WrongAnswerError):
        evaluate_rag(shop.stack, shop.cloud.name, version=worse)

    assert read_judged(shop.key) == Judged()


def test_nothing_answers_when_the_only_new_version_was_refused(shop: Shop) -> None:
    """The newest version that succeeded would answer otherwise: the refused one."""
    judged(shop)
    shop.write(*NO_PARKING)
    with pytest.raises(WrongAnswerError):
        provision(shop)

    with pytest.raises(ConfigurationError, match=r"no version of .* is in service: golden questions have refused"):
        shop.ask("Сколько стоит парковка?")


def test_a_base_that_replaces_is_judged_before_the_old_one_goes(shop: Shop) -> None:
    """Another embedder, a worse document: the old base stays in service and is not deleted."""
    judged(shop)
    provision(shop)
    shop.write(*NO_PARKING)
    embedder = inference(f"{shop.stack.embedder.name}-new", "Qwen/Qwen3-Embedding-0.6B", "Embedding")
    shop.stack = shop.stack.model_copy(update={"embedder": embedder})
    shop.cloud.sandbox.control.delete("/requests")

    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        provision(shop, allow_replace=True)

    assert shop.in_service() == shop.first_version
    assert not any(change.startswith("DELETE") for change in shop.cloud.changes())


@pytest.mark.parametrize("own", [True, False], ids=["the stack's questions", "the run's questions"])
def test_a_run_that_is_killed_between_judging_and_promoting_promotes_nothing_unjudged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, *, own: bool
) -> None:
    """The next run judges the version again; without any questions it is refused, because some have judged before.

    The graph of the run is the recipe, with golden questions in place of the probe; the critical path has the indexing.
    """
    if own:
        judged(shop)
    provision(shop)
    shop.write("Магазин открыт с девяти до шести, кроме среды.", *[*FACTS.values()][1:])
    with monkeypatch.context() as patch:
        patch.setattr("tasks.evaluation.judge.promote", _killed)
        with pytest.raises(RuntimeError, match="killed"):
            refresh(shop, golden=str(shop.golden))
    assert shop.in_service() == shop.first_version
    if not own:
        with pytest.raises(ConfigurationError, match="the probe alone promotes no version"):
            refresh(shop)

    state = refresh(shop, golden=None if own else str(shop.golden), return_state=True)

    report = state.result()
    names = {**names_in_graph(shop.stack, report), str(shop.golden): "G"}
    assert drawn(state.state_details.flow_run_id, names) == {
        **{name: before for name, before in GRAPH.items() if name != "verify"},
        "read-golden G": set(),
        "judge version": GRAPH["verify"],
        "promote version": {"judge version"},
    }
    assert f"wait-for {shop.name}" in {step.name for step in report.steps if step.on_critical_path}
    assert (report.outcome, shop.in_service()) == ("refreshed", report.version_id)
    assert report.scores is not None


def _killed(*_arguments: Any) -> None:
    raise RuntimeError("killed")


def test_what_serves_is_asked_as_it_was_judged(shop: Shop) -> None:
    """Retrieval, reranker and LLM are recorded, go back with a rollback, and one that is gone is named."""
    provision(shop)
    first, before = shop.stack, in_service(shop.key)
    assert before is not None
    assert before.asked_with == AskedWith.of(first)
    llm = inference(f"{first.llm.name}-b", "t-tech/T-lite-it-1.0", "Generate")
    prompt = "Отвечай коротко и по-русски. " * 200
    retrieval = first.retrieval.model_copy(update={"system_prompt": prompt})
    shop.stack = first.model_copy(update={"llm": llm, "retrieval": retrieval})
    provision(shop)
    now = in_service(shop.key)
    assert now is not None
    assert (now.version_id, now.asked_with) == (before.version_id, AskedWith.of(shop.stack))
    assert now.before is not None
    assert now.before.asked_with == before.asked_with

    nowhere = first.model_copy(update={"llm": inference("llm-nowhere", "t-tech/T-lite-it-1.0", "Generate")})
    assert ask_rag("Когда открыт магазин?", nowhere, shop.cloud.name).version_id == before.version_id
    with cloud_credentials(shop.cloud.name) as cloudru:
        run = cloudru.get_client().inferences.find(llm.name)
        assert run is not None
        cloudru.get_client().inferences.delete(run.model_run_id)
        cloudru.get_client().inferences.wait_gone(run.model_run_id, deadline_s=60)
    with pytest.raises(ConfigurationError, match=rf"no model run '{llm.name}', and version {now.version_id} of .*it"):
        shop.ask("Когда открыт магазин?")

    assert shop.rollback().asked_with == before.asked_with
    assert shop.ask("Когда открыт магазин?").version_id == before.version_id


def test_what_an_earlier_release_wrote_means_what_it_meant(shop: Shop) -> None:
    """Scores say that golden questions have judged; what is asked with is the stack's; the way back is the id's."""
    with cloud_credentials(shop.cloud.name) as cloudru:
        version = cloudru.get_client().knowledge_bases.get_version(shop.first_version)
    build = {"version_id": shop.first_version, "started_at": version.started_at}
    old = {
        "knowledge_base_id": version.knowledgebase_id,
        "version_id": shop.first_version,
        "previous_version_id": "gone",
        "promoted_at": "2026-11-20T10:00:00Z",
        "scores": {"recall@3": 1.0},
        "judged": build,
        "newest": build,
    }
    Variable.set(shop.key.variable, old)
    assert shop.ask("Когда открыт магазин?").choice == "in service since 2026-11-20 10:00 UTC"
    provision(shop)
    now = in_service(shop.key)
    assert now is not None
    assert (now.asked_with, now.previous_version_id, now.scores) == (
        AskedWith.of(shop.stack),
        "gone",
        {"recall@3": 1.0},
    )
    shop.write(*NO_PARKING)
    with pytest.raises(
        ConfigurationError, match=r"golden questions judge this stack since 2026-11-20.*name their file"
    ):
        refresh(shop)
    with pytest.raises(ConfigurationError, match="nothing to go back to: version gone"):
        shop.rollback()


def test_a_stack_that_is_given_whole_may_only_add_to_what_is_kept(shop: Shop) -> None:
    """Its golden questions left out, its thresholds at nothing: what is kept under its name judges."""
    judged(shop)
    provision(shop)
    shop.write(*NO_PARKING)
    none = Thresholds(recall_at_least=0, mrr_at_least=0, ndcg_at_least=0, answer_phrases_at_least=0, worse_by_at_most=1)
    shop.stack = shop.stack.model_copy(update={"golden": None, "thresholds": none})

    with pytest.raises(WrongAnswerError, match="Сколько стоит парковка"):
        refresh(shop)


def test_a_plan_says_that_golden_questions_have_refused_the_version(shop: Shop) -> None:
    """And that promote_refused overrules them: then it is promoted whatever it answers."""
    refused = refused_version(shop)

    plans = [refresh(shop, plan_only=True, promote_refused=named) for named in ("", refused)]

    (judged_again,), (overruled,) = [[row for row in plan.rows if row.resource == "version"] for plan in plans]
    assert (judged_again.name, overruled.name) == (refused, refused)
    assert judged_again.reason.startswith("golden questions have refused it: it is judged again")
    assert overruled.reason == "golden questions have refused it, and promote_refused overrules that: it is promoted"


OVERRULED = "promoted although refused: a person asked for it"


@pytest.mark.parametrize("flow", ["evaluate-rag", "refresh-rag"])
def test_a_person_who_overrules_the_judge_is_named_everywhere(
    shop: Shop, asserting_events_worker: EventsWorker, caplog: pytest.LogCaptureFixture, flow: str
) -> None:
    """One event, one log line, the result and both pages say it; nothing says that it was not promoted."""
    refused = refused_version(shop)
    before = len(events(asserting_events_worker))
    caplog.clear()

    if flow == "evaluate-rag":
        report = evaluate_rag(shop.stack, shop.cloud.name, version=refused, promote=True, promote_refused=refused)
    else:
        report = refresh(shop, promote_refused=refused)

    assert shop.in_service() == refused
    assert report.overruled.startswith(OVERRULED)
    ((event, payload),) = events(asserting_events_worker)[before:]
    assert (event, payload["way"]) == ("rag.version.promoted", "promote_refused")
    assert OVERRULED in payload["subject"]
    assert "recall@3 0.667 is below 0.7" in payload["reason"]
    assert len([line for line in caplog.messages if OVERRULED in line]) == 1
    assert "not promoted" not in caplog.text
    assert OVERRULED in artifact("evaluation", shop.name)["data"].lower()
    if flow == "refresh-rag":
        assert OVERRULED in artifact("refresh", shop.name)["data"]
        assert refresh(shop).overruled.startswith(OVERRULED)


def test_provision_says_that_a_person_has_overruled_the_judge(
    shop: Shop, asserting_events_worker: EventsWorker
) -> None:
    """In its report, on its page and by one event; the next run, which adopts it, and status-rag say so too."""
    judged(shop)
    shop.write(*NO_PARKING)
    with pytest.raises(WrongAnswerError):
        provision(shop)
    refused = read_judged(shop.key).refusals[0].build.version_id
    before = len(events(asserting_events_worker))

    report = provision(shop, promote_refused=refused)

    assert report.overruled.startswith(OVERRULED)
    assert [event for event, _ in events(asserting_events_worker)[before:]] == ["rag.version.promoted"]
    assert OVERRULED in artifact("stack", shop.name)["data"]
    assert provision(shop).overruled == report.overruled
    (version,) = [each for each in status_rag(shop.name, shop.cloud.name).resources if each.id == refused]
    assert version.state == "SUCCEEDED, in service, promoted although refused"


def test_rollback_says_what_leaves_and_how_it_came(shop: Shop) -> None:
    """The version that leaves was promoted although refused; the one before comes back as it was judged."""
    refused = refused_version(shop)
    evaluate_rag(shop.stack, shop.cloud.name, version=refused, promote=True, promote_refused=refused)

    back = shop.rollback()

    assert (back.version_id, back.left_version_id, back.way) == (shop.first_version, refused, "golden questions")
    assert back.left_overruled.startswith(OVERRULED)
    page = artifact("rollback", shop.name)["data"]
    assert f"**In service again: version `{shop.first_version}`**" in page
    assert f"Left service: version `{refused}`, which was {OVERRULED}" in page
    assert "| recall@3 | 1.000 |" in page
    assert RolledBack.model_validate_json(artifact("rollback-result", shop.name)["data"]) == back


def test_promote_refused_holds_for_the_same_content_under_another_id(shop: Shop) -> None:
    """The plan says that it is promoted: a version that was built anew of what was refused is."""
    refused = refused_version(shop)
    again = shop.build(*NO_PARKING)

    plan = refresh(shop, plan_only=True, promote_refused=refused)
    report = refresh(shop, promote_refused=refused)

    (row,) = [row for row in plan.rows if row.resource == "version"]
    assert (row.name, row.reason.endswith("it is promoted")) == (again, True)
    assert (report.version_id, shop.in_service()) == (again, again)
    assert report.overruled.startswith(OVERRULED)


def test_the_version_in_service_that_does_not_pass_is_not_said_to_be_left_out(
    shop: Shop, asserting_events_worker: EventsWorker
) -> None:
    """It was not indexed anew and it stays in service: neither message nor event says anything else."""
    provision(shop)
    shop.ask_for(("Сколько стоит парковка?", "тысяча рублей"))
    before = len(events(asserting_events_worker))

    with pytest.raises(WrongAnswerError) as refused:
        evaluate_rag(shop.stack, shop.cloud.name, str(shop.golden))

    assert refused.value.message.endswith(
        "It is the version in service and stays so: correct the documents, or roll back"
    )
    ((_, payload),) = events(asserting_events_worker)[before:]
    assert payload["subject"].endswith(f"version {shop.first_version}, which is in service, did not pass")


def test_a_probe_that_the_version_in_service_fails_refuses_nothing(
    shop: Shop, asserting_events_worker: EventsWorker
) -> None:
    """Another probe was given: the event says that the version is in service."""
    provision(shop)
    before = len(events(asserting_events_worker))
    wrong = shop.stack.probe.model_copy(update={"phrase": "дирижабль"})
    shop.stack = shop.stack.model_copy(update={"probe": wrong})

    with pytest.raises(WrongAnswerError):
        provision(shop)

    ((_, payload),) = events(asserting_events_worker)[before:]
    assert payload["subject"].endswith(f"version {shop.first_version}, which is in service, did not pass")
