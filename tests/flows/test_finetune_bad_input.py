"""Bad input of a tuning: one line that says what to do, and nothing was uploaded or started."""

from pathlib import Path
from typing import Any

import pytest
from prefect.exceptions import ParameterTypeError
from pydantic import SecretStr, ValidationError

from clouds.errors import ConfigurationError
from flows.finetune import finetune_embedder
from flows.specs import EmbedderTuning
from tests.support.sandbox_process import SandboxProcess
from tests.support.tunings import TuningCloud, save_yandex_block


@pytest.fixture
def cloud(sandbox: SandboxProcess, prefect_storage: Path, tmp_path: Path) -> TuningCloud:  # noqa: ARG001  # the server must be up
    """Return the sandbox and a block that leads to it."""
    sandbox.reset()
    save_yandex_block("test-yandex", sandbox)
    return TuningCloud("test-yandex", sandbox, tmp_path)


def refused(cloud: TuningCloud, block: str = "test-yandex", **changes: Any) -> str:
    """Run the flow with changed parameters; return why it failed, after a look that nothing was changed."""
    tuning = EmbedderTuning.model_validate({**cloud.tuning().model_dump(), **changes})
    with pytest.raises(Exception) as failure:  # noqa: PT011  # the line is what the tests are about
        finetune_embedder(tuning, block)
    assert cloud.changes() == []
    return str(failure.value)


@pytest.mark.parametrize(
    ("lines", "kind", "parts"),
    [
        (["not json"], "pair", ("line 1",)),
        (['{"anchor": "a"}'], "pair", ("line 1", "positive")),
        (['{"anchor": "a", "positive": "b"}'] * 12, "triplet", ("line 1", "negative")),
        (['{"anchor": "a", "positive": "b"}'], "pair", ("rows", "rows_min")),
    ],
    ids=["not JSON lines", "a key is missing", "pairs for triplets", "too few"],
)
def test_bad_rows(cloud: TuningCloud, lines: list[str], kind: str, parts: tuple[str, ...]) -> None:
    """File and line are named."""
    path = cloud.folder / "rows.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    said = refused(cloud, data={"sources": [str(path)], "kind": kind}).split("\n")[0]
    assert str(path) in said
    assert all(part in said for part in parts), said


def test_a_file_that_is_not_there(cloud: TuningCloud) -> None:
    """The line names it."""
    assert "absent.jsonl cannot be read" in refused(cloud, data={"sources": [str(cloud.folder / "absent.jsonl")]})


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"base_model": "emb://b1ganotherfolder0000/text-embeddings/latest"}, ("belongs to the folder", "b1ganother")),
        ({"base_model": "emb://text-search-doc/latest"}, ("cannot be tuned", "text-embeddings/latest")),
        ({"base_model": "gpt://x/text-embeddings"}, ("base_model: ", "write emb://")),
        ({"parameters": {"embedding_dims": [4096]}}, ("embedding_dims has 4096", "assumptions.tuning")),
    ],
    ids=["another folder", "another model", "no embedder", "dimension"],
)
def test_what_cannot_be_tuned(cloud: TuningCloud, changes: dict[str, Any], parts: tuple[str, ...]) -> None:
    """The service would say so after an upload, if at all."""
    line = refused(cloud, **changes)
    assert all(part in line for part in parts), line
    assert "\n" not in line


def test_documents_of_the_index_that_are_not_there(cloud: TuningCloud) -> None:
    """They are needed a day later, and looked for now."""
    index = {"name": "shop", "documents": (str(cloud.folder / "absent.txt"),), "question": "when", "phrase": "nine"}
    assert "absent.txt" in refused(cloud, use={"search_index": index})


def test_golden_questions_come_first(cloud: TuningCloud) -> None:
    """A fault in what judges the model is said before a day of tuning."""
    golden = {**cloud.tuning().golden.model_dump(), "questions": cloud.questions({"which": "nowhere"})}
    assert "'nowhere' is no id of" in refused(cloud, golden=golden)


def test_all_that_is_wrong_is_said_in_one_round(cloud: TuningCloud) -> None:
    """A text twice, a query twice, one positive for all, a folder that is none: each a line, and nothing was sent."""
    tuning = cloud.tuning()
    file = cloud.rows("a-file", [{}])
    corpus = cloud.rows("corpus", [{"id": "a", "text": "first"}, {"id": "b", "text": " First"}])
    questions = cloud.rows("questions", [{"query": query, "relevant": ["a"]} for query in ("which", "WHICH")])
    pairs = [{"anchor": f"question {n}", "positive": "one answer"} for n in range(199)]
    rows = cloud.rows("same", [*pairs, {"anchor": "which", "positive": "one answer"}])
    with Path(rows).open("a", encoding="utf-8") as file_of_rows:
        file_of_rows.write("{\n\n")
    wrong = EmbedderTuning.model_validate(
        {
            **tuning.model_dump(),
            "golden": {**tuning.golden.model_dump(), "corpus": corpus, "questions": questions},
            "data": {"sources": [rows]},
        }
    )
    with pytest.raises(ConfigurationError) as failure:
        finetune_embedder(wrong, "test-yandex", file)
    assert cloud.changes() == []
    parts = (
        "'b' has the text of line 1",
        "asks the same as line 1",
        "line 201: is not JSON",
        "of 200 of the 200 training rows",
        "line 200: the anchor 'which' is a golden question",
        f"results {file}",
    )
    assert all(part in line for part, line in zip(parts, failure.value.message.splitlines(), strict=True))


def test_files_that_are_not_there_are_named_once_each(cloud: TuningCloud) -> None:
    """Two checks read the questions, and two the training data."""
    tuning = cloud.tuning()
    absent = [str(cloud.folder / name) for name in ("corpus", "questions", "one", "two")]
    golden = {**tuning.golden.model_dump(), "corpus": absent[0], "questions": absent[1]}
    lines = refused(cloud, golden=golden, data={"sources": absent[2:]}).splitlines()
    assert [line.partition(" cannot be read")[0] for line in lines] == absent


def test_a_golden_text_that_the_embedder_does_not_take(cloud: TuningCloud) -> None:
    """Judging would fail by it after a day; each such text is named by its id, and the next longest is taken."""
    corpus = cloud.corpus({"long": "parking " * 2100, "longer": "delivery " * 2200, "taken": "refund " * 400})
    questions = cloud.questions({"which": "taken"})
    golden = {**cloud.tuning().golden.model_dump(), "corpus": corpus, "questions": questions}
    first, second = refused(cloud, golden=golden).splitlines()
    assert "the text of id 'longer' has 19800 characters" in first
    assert "the text of id 'long' has 16800 characters" in second
    assert "at most 2000 are taken" in second


def test_a_golden_question_that_is_trained_on(cloud: TuningCloud) -> None:
    """It would prove nothing; the line names both files' places, however the two are spelt."""
    rows = [{"anchor": f"question {row}", "positive": f"answer {row}"} for row in range(12)]
    trained = cloud.rows("trained", [*rows, {"anchor": "When  can I come IN", "positive": "From nine."}])
    line = refused(cloud, data={"sources": [trained]})
    assert line == (
        f"{trained}, line 13: the anchor 'When  can I come IN' is a golden question; take it out of one of them"
    )


def test_wrong_credentials(cloud: TuningCloud) -> None:
    """An unknown key and an unknown block are told apart."""
    save_yandex_block("test-wrong", cloud.sandbox, authorized_key=None, api_key=SecretStr("AQVNunknown"))
    assert "UNAUTHENTICATED" in refused(cloud, block="test-wrong")
    assert refused(cloud, block="nobody").startswith("no block yandex-cloud-credentials/nobody; there are: ")


ROLES = {"ai.datasets.editor", "ai.models.editor", "ai.languageModels.user", "ai.assistants.editor"}


@pytest.mark.parametrize("missing", sorted(ROLES))
def test_a_role_that_a_later_step_needs_is_missed_at_once(cloud: TuningCloud, tmp_path: Path, missing: str) -> None:
    """The line names it, and nothing was made."""
    cloud.sandbox.set(yandex_roles=sorted(ROLES - {missing}))
    (tmp_path / "shop.txt").write_text("The shop is open from nine to six.")
    index = {"name": "shop", "documents": [str(tmp_path / "shop.txt")], "question": "when", "phrase": "nine"}
    line = refused(cloud, use={"search_index": index})
    assert "PERMISSION_DENIED" in line
    assert missing in line


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"name": "Имя"}, "is not a name that every part of the service takes; take 3 to 63"),
        ({"weights": (1.0, 2.0)}, "2 weights for 1 training files; give one for each, or none"),
        ({"weights": (0.0,)}, "each must be above 0"),
        ({"parameters": {"embedding_dims": [64]}, "use": {"dim": 32}}, "use.dim 32 is not tuned for; take one of"),
        ({"key": "secret"}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_meant_is_refused_as_a_parameter(changes: dict[str, Any], line: str) -> None:
    """Such a run does not begin."""
    with pytest.raises(ValidationError) as refused_there:
        EmbedderTuning.model_validate(changes)
    assert line in str(refused_there.value)
    with pytest.raises(ParameterTypeError):
        finetune_embedder.validate_parameters({"tuning": changes})
