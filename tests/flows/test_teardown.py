"""A stack is torn down: all that it names, nothing else, and again from wherever it was cut off."""

from collections.abc import Iterator
from typing import Any

import pytest
from prefect.variables import Variable
from pydantic import SecretStr
from upath import UPath

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.storage import Document
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from clouds.errors import CloudError
from domain.kept_stack import KeptStack
from domain.keys import StackKey
from domain.prices import NOT_BILLED
from domain.reports.teardown import TeardownReport
from flows.ask import ask_rag
from flows.power import status_rag
from flows.provision import provision_rag
from flows.specs import RagStack, StackReport
from flows.teardown import teardown_rag
from sandbox.settings import PROJECT_ID
from tasks.stack.kept_stack import forget_kept, write_kept
from tasks.stack.promotion import in_service
from tests.clouds.cloudru.storage.test_storage_parts import s3_of, unfinished
from tests.flows.test_power import deploy
from tests.support.artifacts import artifact
from tests.support.clients import connect
from tests.support.stacks import EXAMPLE, Cloud, inference

QUESTION = "В течение скольких дней можно вернуть товар, который не подошёл?"


@pytest.fixture
def client(cloud: Cloud) -> Iterator[CloudRuClient]:
    """Give a client that looks at the cloud beside the flow."""
    with connect(cloud.sandbox) as client:
        yield client


def provisioned(cloud: Cloud, **changes: Any) -> RagStack:
    """Return a stack that stands and has a version in service; the request log begins after it."""
    stack = cloud.stack(**changes)
    cloud.stand(stack)
    cloud.sandbox.control.delete("/requests").raise_for_status()
    return stack


def outcomes(report: TeardownReport) -> dict[str, set[str]]:
    """Return what became of each kind."""
    found: dict[str, set[str]] = {}
    for resource in report.resources:
        found.setdefault(resource.kind, set()).add(resource.outcome)
    return found


def left(client: CloudRuClient, stack: RagStack) -> list[str]:
    """Return what of the stack is still there."""
    models = (stack.embedder, stack.reranker, stack.llm)
    found = [model.name for model in models if client.inferences.find(model.name)]
    found += [stack.knowledge_base.name] * (client.knowledge_bases.find(stack.knowledge_base.name) is not None)
    found += [stack.token_secret] * (client.secrets.find(stack.token_secret) is not None)
    found += [stack.bucket] * (client.storage.created_at(stack.bucket) is not None)
    return found + [
        key for key in (StackKey(PROJECT_ID, stack.knowledge_base.name).variable,) if Variable.get(key) is not None
    ]


def test_a_stack_of_a_name_that_looks_alike_stays(cloud: Cloud) -> None:
    """Tearing `kb-...` down leaves `kb....` what is kept about it on the Prefect server."""
    torn, other = provisioned(cloud), cloud.stack()
    alike = other.knowledge_base.model_copy(update={"name": torn.knowledge_base.name.replace("-", ".")})
    other = other.model_copy(update={"knowledge_base": alike})
    cloud.stand(other)
    serving = in_service(cloud.key(other))
    assert serving is not None
    teardown_rag(torn, cloud.name)
    assert in_service(cloud.key(torn)) is None
    assert in_service(cloud.key(other)) == serving


def test_everything_goes_in_reverse_order_and_can_be_provisioned_again(cloud: Cloud, client: CloudRuClient) -> None:
    """Base, runs, secret, documents, bucket, variable; then a fresh stack stands beside the names of the dead."""
    cloud.sandbox.set(run_spans={"deletion": {"reads": 3}})
    stack = provisioned(cloud)
    report = teardown_rag(stack, cloud.name, delete_documents=True)
    assert set(outcomes(report)) == {
        "knowledge base",
        "inference",
        "secret",
        "documents",
        "bucket",
        "variable",
        "kept stack",
    }
    assert all(outcome == {"deleted"} for outcome in outcomes(report).values())
    assert left(client, stack) == []
    kinds = ["s3" if "s3.cloud.ru" in change else change.split("/")[-2] for change in cloud.changes()]
    order = ["knowledge-bases", "modelruns", "secret", "s3"]
    steps = [kind for kind in kinds if kind != "s3"] + ["s3"]
    assert steps == sorted(steps, key=order.index)
    assert "**Saves 200 RUB per hour**" in artifact("teardown", stack.knowledge_base.name)["data"]
    assert NOT_BILLED in artifact("teardown", stack.knowledge_base.name)["data"]
    why = {each.kind: each.reason for each in report.resources}
    page = artifact("teardown", stack.knowledge_base.name)["data"]
    assert [reason for reason in why.values() if reason not in page] == []
    assert why["knowledge base"] == "it was ACTIVE; its versions went with it"
    assert why["inference"] == "it was RUNNING"
    assert why["secret"] == "it had 1 version"
    assert why["bucket"] == "nothing else was in it"

    cloud.sandbox.control.delete("/requests")
    again = teardown_rag(stack, cloud.name, delete_documents=True)
    assert all(outcome == {"absent"} for outcome in outcomes(again).values())
    assert cloud.changes() == []

    fresh = provision_rag(stack, cloud.name, cloud.name)
    assert isinstance(fresh, StackReport)
    assert (fresh.created, fresh.adopted) == (7, 0)
    assert [model.name for model in fresh.models] == [
        f"{model.name}-2" for model in (stack.embedder, stack.reranker, stack.llm)
    ]
    assert "14 дней" in fresh.probe.answer
    assert outcomes(teardown_rag(stack, cloud.name, delete_documents=True))["inference"] == {"deleted"}
    assert left(client, stack) == []


def test_a_plan_deletes_nothing(cloud: Cloud) -> None:
    """Every resource is named with what would become of it, in a table; the sandbox was not asked to change."""
    stack = provisioned(cloud)
    report = teardown_rag(stack, cloud.name, delete_documents=True, plan_only=True)
    assert report.resources == ()
    assert {deletion.action for deletion in report.plan.deletions} == {"delete"}
    assert cloud.changes() == []
    table = artifact("teardown-plan", stack.knowledge_base.name)["data"]
    names = (stack.bucket, stack.llm.name, stack.token_secret, stack.knowledge_base.name)
    assert all(name in table for name in names)
    assert NOT_BILLED in artifact("teardown-plan", stack.knowledge_base.name)["description"]


def test_documents_stay_unless_it_is_said(cloud: Cloud, client: CloudRuClient) -> None:
    """Without delete_documents the bucket is not written to, and the page says what deletes it."""
    stack = provisioned(cloud)
    report = teardown_rag(stack, cloud.name)
    kept = {each.kind: each.reason for each in report.resources if each.outcome == "kept"}
    words = f"delete_documents=true deletes {stack.folder}, and the bucket if nothing else is in it"
    assert kept == {"documents": words, "bucket": words}
    page = artifact("teardown", stack.knowledge_base.name)["data"]
    assert [words in line for line in page.splitlines() if "| kept |" in line] == [True, True]
    assert left(client, stack) == [stack.bucket]
    assert not any("s3.cloud.ru" in change for change in cloud.changes())
    keys = [stored.key for stored in client.storage.list_objects(stack.bucket)]
    assert "rag-inference-kb/faq_products.txt" in keys


def test_nothing_that_the_stack_did_not_name_goes(cloud: Cloud, client: CloudRuClient) -> None:
    """Another folder, another base's files, runs of like names, a secret that another run pulls with: all stay."""
    stack, other = provisioned(cloud), provisioned(cloud)
    document = [Document("another.txt", UPath(EXAMPLE))]
    for folder in ("another/", "rag-inference-kb-2/"):
        client.storage.upload(stack.bucket, folder, document)
    twin = inference(f"{stack.llm.name}-2", "t-tech/T-lite-it-1.0", "Generate")
    borrower = inference(f"{stack.llm.name}-other", "t-tech/T-lite-it-1.0", "Generate")
    secret = client.secrets.adopt(stack.token_secret)
    for spec in (twin, borrower):
        client.inferences.ensure(spec, gpu_memory_gb=8, token_secret=secret, log_group_id=None)
    own = client.knowledge_bases.find(stack.knowledge_base.name)
    assert own is not None

    reasons: dict[str, str] = {}
    for _ in range(2):
        report = teardown_rag(stack, cloud.name, delete_documents=True)
        reasons |= {resource.name: resource.reason for resource in report.resources}
        assert outcomes(report)["secret"] == {"kept"}
        assert outcomes(report)["bucket"] == {"kept"}
        assert reasons[stack.bucket] == "it holds something else: another/, rag-inference-kb-2/"
        assert client.secrets.find(stack.token_secret) is not None
        assert all(client.inferences.find(spec.name) for spec in (twin, borrower))
        keys = {stored.key for stored in client.storage.list_objects(stack.bucket)}
        assert keys == {"another/another.txt", "rag-inference-kb-2/another.txt"}
        assert len(left(client, other)) == 7
    assert reasons[twin.name].startswith(f"only its name is like {stack.llm.name}")
    assert "pulls with it" in reasons[stack.token_secret]


@pytest.mark.parametrize("known_by", ["block", "deployment", "nothing"])
def test_models_that_another_stack_uses_stay(cloud: Cloud, known_by: str) -> None:
    """Two stacks share their models: the one that is left goes on answering, and its token stays."""
    stack = provisioned(cloud)
    base = stack.knowledge_base.model_copy(update={"name": f"{stack.knowledge_base.name}-b"})
    other = stack.model_copy(update={"knowledge_base": base, "bucket": f"{stack.bucket}-b"})
    cloud.stand(other)
    if known_by != "block":
        forget_kept(cloud.key(other))
    if known_by == "deployment":
        deploy(base.name, {"stack": other.model_dump(mode="json")})
    report = teardown_rag(stack, cloud.name, delete_documents=True)
    reasons = {resource.name: resource.reason for resource in report.resources if resource.outcome == "kept"}
    assert set(reasons) == {stack.embedder.name, stack.reranker.name, stack.llm.name, stack.token_secret}
    assert reasons[stack.embedder.name] == f"the knowledge base {base.name} was built with it"
    told = {
        "block": f"of block {cloud.key(other).block} uses it",
        "deployment": f"of deployment provision-rag/{base.name} uses it",
        "nothing": "may use it: nothing tells",
    }
    assert reasons[stack.llm.name].endswith(told[known_by])
    assert "14 дней" in ask_rag(QUESTION, other, cloud.name).answer


def test_models_of_a_stack_that_does_not_stand_go(cloud: Cloud) -> None:
    """A deployment of a stack that was never provisioned keeps nothing alive."""
    stack = provisioned(cloud)
    base = stack.knowledge_base.model_copy(update={"name": f"{stack.knowledge_base.name}-never"})
    deploy(base.name, {"stack": stack.model_copy(update={"knowledge_base": base}).model_dump(mode="json")})
    assert outcomes(teardown_rag(stack, cloud.name))["inference"] == {"deleted"}


@pytest.mark.parametrize("folder", ["rag-inference-kb/", "rag-inference-kb/below/"], ids=["that one", "one in it"])
def test_a_folder_that_another_base_reads_stays(cloud: Cloud, client: CloudRuClient, folder: str) -> None:
    """The other base can be indexed anew; what the service wrote for the base that goes is gone."""
    stack = provisioned(cloud)
    other = cloud.stack(bucket=stack.bucket, folder=folder)
    cloud.stand(other)
    report = teardown_rag(stack, cloud.name, delete_documents=True)
    documents, bucket = [each for each in report.resources if each.kind in ("documents", "bucket")]
    assert (documents.outcome, bucket.outcome) == ("kept", "kept")
    assert documents.reason.startswith(f"the knowledge base {other.knowledge_base.name} was built over")
    (base,) = [resource for resource in report.resources if resource.kind == "knowledge base"]
    keys = [stored.key for stored in client.storage.list_objects(stack.bucket)]
    assert "rag-inference-kb/faq_products.txt" in keys
    assert not any(base.id in key for key in keys)


def test_a_base_that_only_has_a_like_name_stays(cloud: Cloud) -> None:
    """Somebody's own stack is called `kb-....r2`: it is no replacement, and goes on answering."""
    stack, other = provisioned(cloud), cloud.stack()
    name = f"{stack.knowledge_base.name}.r2"
    other = other.model_copy(update={"knowledge_base": other.knowledge_base.model_copy(update={"name": name})})
    cloud.stand(other)
    report = teardown_rag(stack, cloud.name)
    found = {resource.name: resource.outcome for resource in report.resources if resource.kind == "knowledge base"}
    assert found == {stack.knowledge_base.name: "deleted", name: "kept"}
    assert "14 дней" in ask_rag(QUESTION, other, cloud.name).answer


def test_killed_before_the_replaced_base_was_deleted(cloud: Cloud, client: CloudRuClient) -> None:
    """Two bases stand: status-rag begins with the one in service, and teardown-rag deletes both."""
    stack = provisioned(cloud)
    name = stack.knowledge_base.name
    embedder = stack.embedder.model_copy(update={"name": f"{stack.embedder.name}-new"})
    other = stack.model_copy(update={"embedder": embedder})
    cloud.sandbox.fault(r"/v1/knowledge-bases/[0-9a-f-]+$", method="DELETE", status=400)
    with pytest.raises(CloudError):
        provision_rag(other, cloud.name, cloud.name, allow_replace=True)
    assert cloud.sandbox.all_faults_used()
    shown = [each for each in status_rag(other, cloud.name).resources if each.kind in ("knowledge base", "version")]
    assert [each.name for each in shown if each.kind == "knowledge base"] == [f"{name}.r2", name]
    assert [each.state.endswith(", in service") for each in shown] == [False, True, False, False]
    teardown_rag(other, cloud.name)
    assert client.knowledge_bases.family(name) == []


def test_parts_of_a_killed_upload_go_with_the_folder(cloud: Cloud) -> None:
    """They are in no listing of objects, and are paid for."""
    stack = provisioned(cloud)
    s3 = s3_of(cloud.sandbox)
    s3.create_multipart_upload(Bucket=stack.bucket, Key=f"{stack.folder}large.txt")
    aborted = [f"{stack.folder}large.txt"]
    assert unfinished(cloud.sandbox, stack.bucket) == aborted
    teardown_rag(stack, cloud.name, delete_documents=True)
    changes = [change for change in cloud.changes() if change.startswith("DELETE") and change.endswith(aborted[0])]
    assert len(changes) == 1


@pytest.mark.parametrize(
    ("path", "order"),
    [
        (r"/v1/knowledge-bases/[0-9a-f-]+$", {"drop": "before"}),
        (r"/modelruns/[0-9a-f-]+$", {"status": 400}),
        ("/v2/secret/", {"status": 400}),
        ("/s3.cloud.ru/bucket-[0-9a-f]+$", {"status": 403}),
    ],
    ids=["knowledge base", "inference", "secret", "bucket"],
)
def test_cut_off_anywhere_it_goes_on(cloud: Cloud, client: CloudRuClient, path: str, order: dict[str, Any]) -> None:
    """A step that fails ends the run; the next run deletes what is left, and the artefacts of the base with it."""
    stack = provisioned(cloud)
    cloud.sandbox.fault(path, method="DELETE", times=12, **order)
    with pytest.raises(CloudError):
        teardown_rag(stack, cloud.name, delete_documents=True)
    cloud.sandbox.control.delete("/faults")
    assert left(client, stack) != []
    teardown_rag(stack, cloud.name, delete_documents=True)
    assert left(client, stack) == []


def test_a_run_whose_deletion_has_begun_is_waited_for(cloud: Cloud, client: CloudRuClient) -> None:
    """Killed just after the call: the next run does not call it absent, it sees it gone."""
    cloud.sandbox.set(run_spans={"deletion": {"reads": 4}})
    stack = provisioned(cloud)
    run = client.inferences.find(stack.llm.name)
    assert run is not None
    client.inferences.delete(run.model_run_id)
    report = teardown_rag(stack, cloud.name)
    gone = [resource for resource in report.resources if resource.id == run.model_run_id]
    assert [resource.outcome for resource in gone] == ["deleted"]
    assert client.inferences.get(run.model_run_id).status == "MODEL_RUN_STATUS_DELETED"


def test_another_token_in_the_same_secret_is_no_matter(cloud: Cloud, client: CloudRuClient) -> None:
    """All versions of the secret go with it."""
    stack = provisioned(cloud)
    client.secrets.ensure(stack.token_secret, SecretStr("another-token"))
    teardown_rag(stack, cloud.name)
    assert client.secrets.find(stack.token_secret) is None


def test_a_run_of_another_model_under_a_name_of_the_stack_stays(cloud: Cloud, client: CloudRuClient) -> None:
    """A name proves nothing: what is kept says which model the stack has, and plan and report name the run."""
    stack = provisioned(cloud)
    llm = stack.llm.model_copy(update={"repository": "Qwen/Qwen3-0.6B"})
    known = stack.model_copy(update={"llm": llm})
    base = client.knowledge_bases.find(stack.knowledge_base.name)
    assert base is not None
    kept = KeptStack(wanted=known, provisioned=known, bases=(base.knowledgebase_id,))
    write_kept(cloud.key(stack), kept)
    name = stack.knowledge_base.name

    plan = teardown_rag(name, cloud.name, plan_only=True).plan
    assert [each.name for each in plan.inferences if each.action == "keep"] == [stack.llm.name]
    report = teardown_rag(name, cloud.name)
    [stayed] = [each for each in report.resources if each.outcome == "kept" and each.kind == "inference"]
    assert stayed.name == stack.llm.name
    assert stayed.reason.startswith("it is another model than what is kept of the stack under this name: repository is")
    assert client.inferences.find(stack.llm.name) is not None
    assert stack.llm.name in artifact("teardown", name)["data"]


def test_a_model_that_what_is_kept_does_not_name_stays(cloud: Cloud, client: CloudRuClient) -> None:
    """A stack given whole with a model of somebody else's: nothing proves that it is this stack's."""
    stack = provisioned(cloud)
    llm = inference(f"foreign-{stack.llm.name}", "t-tech/T-lite-it-1.0", "Generate")
    secret = client.secrets.adopt(stack.token_secret)
    client.inferences.ensure(llm, gpu_memory_gb=8, token_secret=secret, log_group_id=None)
    report = teardown_rag(stack.model_copy(update={"llm": llm}), cloud.name)
    found = {each.name: each for each in report.resources if each.kind == "inference"}
    assert {name: each.outcome for name, each in found.items()} == {
        stack.embedder.name: "deleted",
        stack.reranker.name: "deleted",
        stack.llm.name: "deleted",
        llm.name: "kept",
    }
    assert found[llm.name].reason == "what is kept of the stack names no model so"


def test_a_replaced_embedder_that_a_base_of_others_was_built_with_stays(cloud: Cloud, client: CloudRuClient) -> None:
    """The stack names it no more, and somebody's base that nothing describes embeds its questions with it."""
    stack = provisioned(cloud)
    other = cloud.stack(embedder=stack.embedder, reranker=stack.reranker, llm=stack.llm)
    cloud.stand(other)
    forget_kept(cloud.key(other))
    base = client.knowledge_bases.find(stack.knowledge_base.name)
    assert base is not None
    embedder = inference(f"{stack.embedder.name}-now", "Qwen/Qwen3-Embedding-0.6B", "Embedding")
    secret = client.secrets.adopt(stack.token_secret)
    client.inferences.ensure(embedder, gpu_memory_gb=8, token_secret=secret, log_group_id=None)
    now = stack.model_copy(update={"embedder": embedder})
    kept = KeptStack(wanted=now, provisioned=now, bases=(base.knowledgebase_id,), replaced=(stack.embedder,))  # pyright: ignore[reportArgumentType]  # a model of one's own
    write_kept(cloud.key(stack), kept)
    report = teardown_rag(stack.knowledge_base.name, cloud.name)
    assert [each.outcome for each in report.resources if each.name == stack.embedder.name] == ["kept"]


def test_files_of_a_replaced_base_go_with_the_documents(cloud: Cloud, client: CloudRuClient) -> None:
    """Its id is kept until then: nothing else says whose they were, and they keep the bucket from going."""
    stack = provisioned(cloud)
    before = client.knowledge_bases.find(stack.knowledge_base.name)
    assert before is not None
    embedder = stack.embedder.model_copy(update={"name": f"{stack.embedder.name}-new"})
    other = stack.model_copy(update={"embedder": embedder})
    provision_rag(other, cloud.name, cloud.name, allow_replace=True)
    files = f"{ARTIFACTS_PREFIX}{before.knowledgebase_id}/"
    s3_of(cloud.sandbox).put_object(Bucket=stack.bucket, Key=f"{files}of-the-service.json", Body=b"{}")

    plan = teardown_rag(stack.knowledge_base.name, cloud.name, delete_documents=True, plan_only=True).plan
    (place,) = plan.places
    assert (place.documents.action, place.bucket.action) == ("delete", "delete")
    teardown_rag(stack.knowledge_base.name, cloud.name, delete_documents=True)
    assert client.storage.created_at(stack.bucket) is None


def test_the_plan_says_that_a_bucket_with_something_else_in_it_stays(cloud: Cloud, client: CloudRuClient) -> None:
    """A stranger's folder, and files of a base that nothing kept knows: named, and the documents go all the same."""
    stack = provisioned(cloud)
    for folder in ("another/", f"{ARTIFACTS_PREFIX}of-nobody/"):
        s3_of(cloud.sandbox).put_object(Bucket=stack.bucket, Key=f"{folder}another.txt", Body=b"text")
    plan = teardown_rag(stack, cloud.name, delete_documents=True, plan_only=True).plan
    (place,) = plan.places
    assert (place.documents.action, place.bucket.action) == ("delete", "keep")
    assert place.bucket.reason == f"it holds something else: {ARTIFACTS_PREFIX}of-nobody/, another/"
    report = teardown_rag(stack, cloud.name, delete_documents=True)
    assert (outcomes(report)["documents"], outcomes(report)["bucket"]) == ({"deleted"}, {"kept"})
    keys = {stored.key for stored in client.storage.list_objects(stack.bucket)}
    assert keys == {"another/another.txt", f"{ARTIFACTS_PREFIX}of-nobody/another.txt"}


def test_a_base_that_an_earlier_run_has_deleted_has_its_row(cloud: Cloud, client: CloudRuClient) -> None:
    """The run before ended when the base was gone: the report of the next one says what became of it."""
    stack = provisioned(cloud)
    base = client.knowledge_bases.find(stack.knowledge_base.name)
    assert base is not None
    cloud.sandbox.fault(r"/modelruns/[0-9a-f-]+$", method="DELETE", status=400)
    with pytest.raises(CloudError):
        teardown_rag(stack.knowledge_base.name, cloud.name)
    assert cloud.sandbox.all_faults_used()
    assert client.knowledge_bases.find(stack.knowledge_base.name) is None

    report = teardown_rag(stack.knowledge_base.name, cloud.name)

    rows = [(each.id, each.outcome, each.reason) for each in report.resources if each.kind == "knowledge base"]
    assert rows == [(base.knowledgebase_id, "absent", "an earlier teardown-rag has deleted it")]
    assert base.knowledgebase_id in artifact("teardown", stack.knowledge_base.name)["data"]
