"""Every assumption is judged: none can be forgotten, and one answer of odd shape spoils one row only."""

from typing import Any

import pytest
from pydantic import BaseModel

from clouds.assumption import registered
from clouds.cloudru.assumptions import Assumptions
from clouds.recorder import Answered
from clouds.yandex.assumptions import Assumptions as YandexAssumptions
from domain.probing import cloudru, yandex
from domain.probing.finding import DIFFERS, HOLDS, UNTOLD, differs, judge
from domain.probing.result import rows_of
from domain.probing.seen import Measured, Object, Seen
from domain.probing.small_tests import CLOUDRU, YANDEX
from tests.clouds.test_assumptions import leaves

CLOUDS = [
    pytest.param(Assumptions(), cloudru.RULES, CLOUDRU, id="cloudru"),
    pytest.param(YandexAssumptions(), yandex.RULES, YANDEX, id="yandex"),
]
RUN = "https://x/modelruns/1"


def seen_run(**run: Any) -> Seen:
    """Return what a probe sees of a project with one model run."""
    return Seen((Answered("GET", RUN, 200, "inference.GetModelRunResponse", {"modelRun": run}),))


def verdict(path: str, seen: Seen, assumptions: Assumptions = Assumptions()) -> tuple[str, Any]:  # noqa: B008  # frozen
    """Return the verdict on one assumption of Cloud.ru, and what to set."""
    found = {assumed.path: finding for assumed, finding in judge(assumptions, cloudru.RULES, seen)}[path]
    return found.verdict, found.set_to


@pytest.mark.parametrize(("assumptions", "rules", "tests"), CLOUDS)
def test_each_assumption_has_a_row_and_a_smallest_test(
    assumptions: BaseModel, rules: dict[str, Any], tests: dict[str, Any]
) -> None:
    """A new field of the block that no test is named for fails here; so does a rule about none."""
    paths = [path for path, _ in leaves(type(assumptions))]
    assert [assumed.path for assumed in registered(assumptions)] == paths
    assert set(tests) == set(paths)
    assert set(rules) <= set(paths)
    rows = rows_of(judge(assumptions, rules, Seen()), tests)
    assert {row.assumption for row in rows} == set(paths)
    assert {row.verdict for row in rows} == {UNTOLD}
    assert all(row.test and row.price and row.why for row in rows)


def test_an_assumption_without_a_test_is_a_row_all_the_same() -> None:
    """Whoever adds a field and forgets its test spoils no probe."""
    rows = rows_of(judge(Assumptions(), {}, Seen()), {})
    assert len(rows) == len(CLOUDRU)
    assert {row.test for row in rows} == {"none is named yet: report it"}


@pytest.mark.parametrize(("assumptions", "rules", "tests"), CLOUDS)
@pytest.mark.parametrize("body", [None, [], {}, "text", 7, {"data": 1, "modelRun": 2, "secret": 3, "results": 4}])
def test_an_answer_of_odd_shape_ends_nothing(
    assumptions: BaseModel, rules: dict[str, Any], tests: dict[str, Any], body: Any
) -> None:
    """Whatever a service sends, each assumption gets its row, and none is called different."""
    models = ("GetModelRunResponse", "KnowledgeBase", "ListVersionsResponse", "SearchResponse", "RerankResponse")
    answers = [Answered("GET", "https://x/v2/secret/y", 200, f"any.{model}", body) for model in models]
    answers += [
        Answered("POST", "x", "OK", f"y.{model}", body) for model in ("ListTypesResponse", "GetOptionsResponse")
    ]
    rows = rows_of(judge(assumptions, rules, Seen(tuple(answers))), tests)
    assert len(rows) == len(tests)
    assert DIFFERS not in {row.verdict for row in rows}


def test_what_the_form_would_refuse_is_no_value_to_set() -> None:
    """A third word where the form knows two is reported, not set."""
    found = judge(Assumptions(), {"inference.repository": lambda *_: differs("seen", "whole and split")}, Seen())
    assert DIFFERS not in {finding.verdict for _, finding in found}
    assert [finding.why for assumed, finding in found if assumed.path == "inference.repository"] == [
        "seen; the block has no value for that: report it"
    ]


@pytest.mark.parametrize(
    ("path", "run", "set_to"),
    [
        ("inference.keep_running_field", {"scaling": {"minScale": 1, "isKeepAlive": True}}, "isKeepAlive"),
        (
            "inference.service_account_field",
            {"options": {"isEnabledAuth": True, "authServiceAccount": "a"}},
            "authServiceAccount",
        ),
        ("inference.log_group_field", {"options": {"isEnabledLogging": True, "logGroup": "a"}}, "logGroup"),
        (
            "inference.score_task",
            {
                "modelTaskType": "ModelTaskType_RERANK",
                "modelSource": {"huggingFaceRepository": {"repo": "Qwen/Qwen3-Reranker-0.6B"}},
            },
            "ModelTaskType_RERANK",
        ),
        (
            "inference.embedder_uris",
            {
                "status": "MODEL_RUN_STATUS_RUNNING",
                "modelSource": {"huggingFaceRepository": {"repo": "emb://f/text-embeddings/latest"}},
            },
            True,
        ),
    ],
)
def test_a_run_that_the_console_made_shows_a_field(path: str, run: dict[str, Any], set_to: Any) -> None:
    """It differs from the default, and once that is set it holds."""
    assert verdict(path, seen_run(**run)) == (DIFFERS, set_to)
    group, name = path.split(".")
    corrected = Assumptions.model_validate({group: {name: set_to}})
    assert verdict(path, seen_run(**run), corrected) == (HOLDS, None)


def test_what_was_measured_decides() -> None:
    """A bucket, an object, a secret: each measured once, each compared with the block."""
    good = Seen(through_proxy=False, measured=Measured(2.0, bucket_registered=True, acl_taken=True, etag_is_md5=True))
    bad = Seen(through_proxy=True, measured=Measured(90.0, bucket_registered=False, acl_taken=False, etag_is_md5=False))
    paths = {
        "connection.through_proxy": True,
        "connection.visible_within_s": 180.0,
        "storage.register_bucket": False,
        "storage.send_acl": False,
        "storage.etag_is_md5": False,
    }
    for path, set_to in paths.items():
        assert verdict(path, good) == (HOLDS, None)
        assert verdict(path, bad) == (DIFFERS, set_to)


def test_an_object_sent_in_parts_says_nothing_of_etags() -> None:
    """Its ETag has a dash and is no MD5 anywhere."""
    assert verdict("storage.etag_is_md5", Seen(objects=(Object("a-2", "a"),))) == (UNTOLD, None)
    assert verdict("storage.etag_is_md5", Seen(objects=(Object("b", "a"), Object("a-2", "a")))) == (DIFFERS, False)
