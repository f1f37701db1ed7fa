"""Both halves meet: an embedder that was tuned and judged becomes that of a knowledge base, which then finds more."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect.variables import Variable

from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.specs import RetrievalSpec
from clouds.errors import ConfigurationError
from domain.embedder_in_service import EmbedderInService
from domain.evaluation import EvaluationSpec, Summary
from domain.gate import Thresholds
from domain.keys import TuningKey
from domain.markdown import escaped
from domain.probe import ProbeSpec
from domain.training_data.spec import TextPrefixes
from flows.evaluate import evaluate_rag
from flows.provision import provision_rag
from flows.specs import PromotedEmbedder, RagStack, StackPlan, StackReport
from sandbox.settings import YANDEX_FOLDER_ID
from tests.support.artifacts import artifact
from tests.support.stacks import Cloud, inference, save_blocks
from tests.support.tunings import UNHINDERED, TuningCloud, save_yandex_block

EXAMPLES = Path(__file__).parents[2] / "examples" / "tuning" / "ru"
ASKED_ABOUT = 20
"""Texts that are trained for and asked about; the others are there to be mistaken for them."""
SAMPLES = 300
BASE_URI = f"emb://{YANDEX_FOLDER_ID}/text-embeddings/latest"
PROBE = ProbeSpec(question="Ремешок часов «Шаг»", source="watch-strap.txt", phrase="сдвиньте рычажок")
ANY = Thresholds(recall_at_least=0.0, mrr_at_least=0.0, ndcg_at_least=0.0, answer_phrases_at_least=0.0)


@pytest.fixture
def yandex(cloud: Cloud, tmp_path: Path) -> TuningCloud:
    """Return the other half of the same sandbox."""
    cloud.sandbox.set(**UNHINDERED)
    save_yandex_block("test-yandex", cloud.sandbox)
    return TuningCloud("test-yandex", cloud.sandbox, tmp_path)


def read(name: str) -> list[dict[str, Any]]:
    """Return the rows of an example file."""
    return [json.loads(line) for line in (EXAMPLES / name).read_text(encoding="utf-8").splitlines()]


def asked_about() -> list[str]:
    """Return the first texts of the example."""
    return [row["text"] for row in read("corpus.jsonl")[:ASKED_ABOUT]]


def shop(cloud: Cloud, folder: Path) -> tuple[RagStack, str]:
    """Return a stack over the example's texts, a file each, with the base embedder; and its golden questions."""
    documents = folder / "documents"
    documents.mkdir()
    texts = {row["id"]: row["text"] for row in read("corpus.jsonl")}
    for name, text in texts.items():
        (documents / f"{name}.txt").write_text(text, encoding="utf-8")
    golden, wanted = folder / "golden.jsonl", asked_about()
    rows = [
        {"query": row["query"], "expected_sources": [f"{row['relevant'][0]}.txt"], "expected_phrases": [text[:20]]}
        for row in read("queries.jsonl")[::2]
        for text in [texts[row["relevant"][0]]]
        if text in wanted
    ]
    golden.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    stack = cloud.stack(documents=(str(documents),), probe=PROBE, retrieval=RetrievalSpec(results=10))
    return with_base_embedder(stack), str(golden)


def with_base_embedder(stack: RagStack) -> RagStack:
    """Return the stack with the embedder that tunings begin with."""
    embedder = inference(stack.embedder.name, BASE_URI, "Embedding", gpu_memory_gb=8)
    return stack.model_copy(update={"embedder": embedder})


def provisioned(cloud: Cloud, stack: RagStack, **options: Any) -> StackReport:
    """Run the flow to its end."""
    report = provision_rag(stack, cloud.name, cloud.name, **options)
    assert isinstance(report, StackReport)
    return report


def figures(cloud: Cloud, stack: RagStack, golden: str) -> Summary:
    """Return what the retrieval of the version in service scores, before any reranker."""
    report = evaluate_rag(stack, cloud.name, golden, measurement=EvaluationSpec(k=3), thresholds=ANY)
    return report.evaluation.summary("without reranker")


def refused(cloud: Cloud, stack: RagStack, **options: Any) -> str:
    """Return why a run is refused; it has changed nothing."""
    before = cloud.changes()
    with pytest.raises(ConfigurationError) as caught:
        provision_rag(stack, cloud.name, cloud.name, **options)
    assert cloud.changes() == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_tuned_judged_provisioned_and_better(cloud: Cloud, yandex: TuningCloud, tmp_path: Path) -> None:
    """With the promoted embedder in the base's place, the same questions find more; the plan says replace before."""
    stack, golden = shop(cloud, tmp_path)
    provisioned(cloud, stack)
    before = figures(cloud, stack, golden)

    texts = asked_about()
    pairs = yandex.rows("pairs", [row for row in read("pairs.jsonl") if row["positive"] in texts])
    tuning = yandex.tuning(
        data={"sources": [pairs]},
        golden={"corpus": str(EXAMPLES / "corpus.jsonl"), "questions": str(EXAMPLES / "queries.jsonl")},
        parameters={"n_samples": SAMPLES, "seed": 7},
    )
    tuned = yandex.finetune(tuning)
    assert tuned.publication.published
    promoted = PromotedEmbedder(name=tuning.name, cloud=yandex.name)

    plan = provision_rag(stack, cloud.name, cloud.name, promoted, plan_only=True)
    assert isinstance(plan, StackPlan)
    verbs = [row.verb for row in plan.rows if row.resource in ("embedder", "knowledge base")]
    assert verbs == ["create", "replace", "keep"]
    report = provisioned(cloud, stack, promoted_embedder=promoted, allow_replace=True)
    assert report.models[0].model == tuned.tuning.target_model_uri
    assert report.notes == plan.notes
    assert escaped(report.notes[0]) in str(artifact("stack", stack.knowledge_base.name)["data"])

    embedder = inference(report.models[0].name, tuned.tuning.target_model_uri, "Embedding", gpu_memory_gb=8)
    with_tuned = stack.model_copy(update={"embedder": embedder})
    after = figures(cloud, with_tuned, golden)
    assert after.recall > before.recall + 0.1
    assert after.mrr > before.mrr + 0.1

    again = provisioned(cloud, with_tuned, promoted_embedder=promoted)
    assert (again.created, again.updated) == (0, 0)


def test_a_cloud_that_pulls_weights_from_hugging_face_is_told_before_anything_is_made(
    cloud: Cloud, yandex: TuningCloud
) -> None:
    """By default a block does not serve tuned embedders: promoted or named in the stack, one line says why."""
    save_blocks("test-without", cloud.sandbox, assumptions=Assumptions())
    without = Cloud("test-without", cloud.sandbox)
    said = refused(without, cloud.stack(), promoted_embedder=PromotedEmbedder(name="faq-ru", cloud=yandex.name))
    assert said.startswith("the promoted embedder 'faq-ru' cannot be served here, and nothing was changed")
    said = refused(without, with_base_embedder(cloud.stack()))
    assert said.startswith(f"{BASE_URI} cannot be served here, and nothing was changed")


def test_what_is_not_in_service_is_refused(cloud: Cloud, yandex: TuningCloud) -> None:
    """Nothing was promoted under the name, or what was is gone."""
    stack = cloud.stack()
    said = refused(cloud, stack, promoted_embedder=PromotedEmbedder(name="nobody", cloud=yandex.name))
    assert said.startswith("no embedder 'nobody' is in service in the folder of the block test-yandex: run finetune")
    promote(f"{BASE_URI}@tamr0gone", "gone")
    said = refused(cloud, stack, promoted_embedder=PromotedEmbedder(name="gone", cloud=yandex.name))
    assert said.startswith(f"{BASE_URI}@tamr0gone, which is in service as 'gone', does not answer")


def test_what_a_knowledge_base_does_not_do_is_said(cloud: Cloud, yandex: TuningCloud) -> None:
    """It embeds without the prefixes, and whole vectors; the plan says both."""
    promote(BASE_URI, "prefixed", dim=64, prefixes=TextPrefixes(query="[ЗАПРОС] ", document="[ДОКУМЕНТ] "))
    promoted = PromotedEmbedder(name="prefixed", cloud=yandex.name)
    plan = provision_rag(cloud.stack(), cloud.name, cloud.name, promoted, plan_only=True)
    assert isinstance(plan, StackPlan)
    for word in (BASE_URI, "[ДОКУМЕНТ] ", "64"):
        assert any(word in note for note in plan.notes), word


def test_a_model_that_no_tuning_made_is_unknown_to_model_run(cloud: Cloud) -> None:
    """Its run fails as that of a mistyped repository does."""
    stack = cloud.stack()
    wrong = inference(stack.embedder.name, f"{BASE_URI}@tamr0none", "Embedding", gpu_memory_gb=8)
    with pytest.raises(Exception, match="tamr0none at revision main was not found"):
        provision_rag(stack.model_copy(update={"embedder": wrong}), cloud.name, cloud.name)


def promote(model_uri: str, name: str, *, dim: int = 256, prefixes: TextPrefixes = TextPrefixes()) -> None:  # noqa: B008  # frozen
    """Put a model in service without a tuning."""
    now = EmbedderInService(
        model_uri=model_uri,
        previous_model_uri=None,
        dim=dim,
        scores={},
        promoted_at=datetime.now(UTC),
        prefixes=prefixes,
    )
    content: dict[str, Any] = now.model_dump(mode="json")
    Variable.set(TuningKey(YANDEX_FOLDER_ID, name).variable, content, overwrite=True)
