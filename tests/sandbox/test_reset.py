"""What there is in the project, and forgetting all of it."""

import base64
from collections.abc import Iterator

import pytest

from sandbox.settings import PROJECT_ID
from tests.sandbox.cloudru.managed_rag import AT_ONCE, FOUNDATION, RUNS_AT_ONCE, ManagedRag
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture
def rag(sandbox: SandboxProcess) -> Iterator[ManagedRag]:
    """Give an empty project with a bucket; every stage lasts no longer than its work."""
    sandbox.reset()
    sandbox.empty()
    sandbox.set(knowledge_base_spans=AT_ONCE, run_spans=RUNS_AT_ONCE)
    with sandbox.client() as http:
        rag = ManagedRag(sandbox, http)
        rag.s3.create_bucket(Bucket=rag.bucket)
        yield rag


def test_the_inventory_tells_what_there_is_and_a_reset_forgets_it(rag: ManagedRag) -> None:
    """Every kind of resource is listed; after the reset none is, while settings stay and builds do not come back."""
    rag.put(faq__txt="Доставка стоит 290 рублей.")
    rag.s3.put_object(Bucket=rag.bucket, Key="kb/", Body=b"")
    unfinished = rag.s3.create_multipart_upload(Bucket=rag.bucket, Key="kb/large.txt")["UploadId"]
    rag.s3.upload_part(Bucket=rag.bucket, Key="kb/large.txt", UploadId=unfinished, PartNumber=1, Body=b"x")
    secret = {"project_id": PROJECT_ID, "payload": base64.b64encode(b"a token").decode()}
    rag.http.post("/secretmanager.api.cloud.ru/v2/secret/a/token", json=secret).raise_for_status()
    run_id = rag.run("SCORE")
    base_id = rag.indexed(FOUNDATION, name="kb-to-forget")
    rag.create(FOUNDATION, name="kb-in-the-making")

    there = rag.sandbox.inventory()
    artefacts = [key for key in there["buckets"][rag.bucket] if key.startswith(f"ArtifactsManagedRAG/{base_id}/")]
    assert {*artefacts, "kb/", "kb/faq.txt"} <= set(there["buckets"][rag.bucket])
    assert there["secrets"] == {"a/token": [1]}
    assert [(run["id"], run["status"]) for run in there["model_runs"]] == [(run_id, "MODEL_RUN_STATUS_RUNNING")]
    assert [base["name"] for base in there["knowledge_bases"]] == ["kb-to-forget", "kb-in-the-making"]
    assert [*there["knowledge_bases"][0]["versions"].values()] == ["KNOWLEDGEBASE_VERSION_SUCCEEDED"]
    assert there["log_groups"] == ["default"]

    rag.sandbox.fault("modelruns", status=503)
    rag.sandbox.empty()
    left = {kind: held for kind, held in rag.sandbox.inventory().items() if held}
    assert left == {"log_groups": ["default"]}
    assert [request for request in rag.sandbox.requests() if not request["internal"]] == []
    assert rag.sandbox.control.get("/faults").json()["faults"] == []
    assert rag.sandbox.settings.run_spans.pulling.seconds == 0


def test_names_are_free_after_a_reset(rag: ManagedRag) -> None:
    """A bucket and a knowledge base of the old names are new ones, and hold nothing of the old."""
    rag.put(old__txt="Старый текст.")
    rag.indexed(FOUNDATION, name="kb-twice")
    rag.sandbox.empty()
    rag.s3.create_bucket(Bucket=rag.bucket)
    rag.put(new__txt="Новый текст.")
    base_id = rag.indexed(FOUNDATION, name="kb-twice")
    found = rag.ask(base_id, "текст").json()["results"]
    assert [result["metadata"]["source"] for result in found] == ["kb/new.txt"]


def test_a_project_may_begin_without_a_log_group(rag: ManagedRag) -> None:
    """Set so, none is listed and a bucket gets none, until somebody makes one."""
    rag.sandbox.set(project_has_log_group=False)
    rag.sandbox.empty()
    groups = f"/console.cloud.ru/u-api/logaas-bff-console/v1/{PROJECT_ID}/log-group"
    assert rag.http.get(f"{groups}s").json()["logGroups"] == []
    rag.http.post(groups, json={"name": "mine"}).raise_for_status()
    assert rag.sandbox.inventory()["log_groups"] == ["mine"]
