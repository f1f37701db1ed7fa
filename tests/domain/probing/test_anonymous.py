"""Of the user nothing is left in an answer; of the vendor's shape everything."""

import json

from clouds.recorder import Answered
from domain.probing.anonymous import Anonymous
from domain.probing.samples import samples

ID = "3b6f9208-17b6-4e8d-9c21-50d90b16ffe7"


def test_the_same_value_gets_the_same_placeholder() -> None:
    """So that one can still see what names what: a secret's id in a run, a folder in a path, an id in a host."""
    anonymous = Anonymous()
    secret = anonymous.of({"id": ID, "path": "team/token", "description": "Петин ключ"})
    run = anonymous.of({"secret": ID, "publicUrl": f"https://{ID}.modelrun.inference.cloud.ru", "paths": ["team/"]})

    assert secret == {"id": "00000001-0000-4000-8000-000000000000", "path": "text-1/text-2", "description": "text-3"}
    assert run == {
        "secret": secret["id"],
        "publicUrl": f"https://{secret['id']}.modelrun.inference.cloud.ru",
        "paths": ["text-1/"],
    }


def test_what_the_vendor_has_published_is_kept() -> None:
    """Names of enums where enums stand, switches, small numbers, extensions, separators; a time is any time."""
    told = {
        "status": "MODEL_RUN_STATUS_RUNNING",
        "isEnabledAuth": True,
        "gpuCount": 1,
        "separators": "\n\n",
        "file_patterns": ["txt"],
        "embedding_dims": ["256"],
    }
    own = {
        "created_at": "2026-11-30T10:00:00.123Z",
        "created_by": "p.ivanov",
        "account": 12345678,
        "tel": "79001234567",
    }
    assert Anonymous().of(told | own) == {
        **told,
        "created_at": "2026-01-02T03:04:05Z",
        "created_by": "text-1",
        "account": 1_000_000,
        "tel": "1000000",
    }


def test_a_name_is_no_enum_because_it_looks_like_one() -> None:
    """Only under the keys of enums; and keys that the user has chosen are replaced too."""
    assert Anonymous().of({"name": "MY_SECRET_BASE", "labels": {"owner-petrov": "ops"}, "x y": 1}) == {
        "name": "text-1",
        "labels": {"text-2": "text-3"},
        "text-4": 1,
    }


def test_an_embedder_keeps_its_form() -> None:
    """`emb://folder/model/latest@suffix`: the folder and the suffix are the user's."""
    assert Anonymous().of("emb://b1gabc/text-embeddings/latest@tamr1") == "emb://text-1/text-embeddings/latest@text-2"


def test_an_answer_that_holds_a_secret_all_the_same_is_left_out() -> None:
    """As where an enum's place holds the key: it is kept by its form, and found by its value."""
    answers = [
        Answered("GET", "u", 200, "inference.GetModelRunResponse", {"status": "the_key_itself"}),
        Answered("GET", "u", 200, "logs.ListLogGroupsResponse", {"logGroups": []}),
        Answered("GET", "u", 403, "", {"message": "no"}),
    ]
    found = samples(answers, "2026-11-30", ["the_key_itself"])
    assert [sample.name for sample in found] == ["live_list_log_groups_response.json"]
    assert json.loads(found[0].text)["body"] == {"logGroups": []}


def test_a_token_is_a_secret_whoever_gave_it() -> None:
    """It is replaced where it stands, and an answer that repeats it elsewhere is left out."""
    answers = [
        Answered("POST", "u", 200, "iam.TokenResponse", {"access_token": "abc_token_value", "expires_in": 3600}),
        Answered("GET", "u", 200, "inference.GetModelRunResponse", {"status": "abc_token_value"}),
    ]
    (only,) = samples(answers, "2026-11-30", [])
    assert only.content["body"] == {"access_token": "text-1", "expires_in": 3600}


def test_two_answers_of_one_kind_are_kept_when_their_keys_differ() -> None:
    """A second of the same shape says nothing new."""
    bodies = [{"id": 1}, {"id": 2}, {"id": 3, "more": 1}, {"id": 4, "other": 1}]
    answers = [Answered("GET", "u", 200, "logs.LogGroup", body) for body in bodies]
    assert [sample.name for sample in samples(answers, "2026-11-30", [])] == [
        "live_log_group.json",
        "live_log_group_2.json",
    ]
