"""Managed RAG of the sandbox: real files over S3, real vectors, the published statuses, refusals with a reason."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.settings import GUEST_KEY_ID, GUEST_KEY_SECRET
from tests.sandbox.cloudru.managed_rag import (
    AT_ONCE,
    CONSOLE,
    FOUNDATION,
    PROJECT,
    PUBLIC,
    RUNS,
    RUNS_AT_ONCE,
    ManagedRag,
    by_run,
    until,
)
from tests.sandbox.engines import documents
from tests.support.sandbox_process import SandboxProcess

FAQ = (
    "Вопрос: Сколько стоит доставка?\nОтвет: Доставка стоит 290 рублей.\n\n"
    "Вопрос: Как вернуть товар?\nОтвет: Верните товар за 14 дней.\n\n"
    "Вопрос: Какая гарантия на чайник?\nОтвет: Гарантия на чайник два года."
)


@pytest.fixture
def rag(sandbox: SandboxProcess) -> Iterator[ManagedRag]:
    """Give a bucket of its own; every stage lasts no longer than its work."""
    sandbox.reset()
    sandbox.set(knowledge_base_spans=AT_ONCE, run_spans=RUNS_AT_ONCE)
    with sandbox.client() as http:
        rag = ManagedRag(sandbox, http)
        rag.s3.create_bucket(Bucket=rag.bucket)
        yield rag


@pytest.fixture(scope="module")
def embedder(sandbox: SandboxProcess) -> dict[str, str]:
    """Start an embedder run that all tests share."""
    sandbox.reset()
    sandbox.set(run_spans=RUNS_AT_ONCE)
    with sandbox.client() as http:
        return by_run(ManagedRag(sandbox, http).run("EMBEDDING"))


def settings_of(version: dict[str, Any]) -> dict[str, Any]:
    """Return what a version reports of its build."""
    return version["knowledge_base_version_settings"]["indexing"]


def test_a_folder_is_indexed_by_calling_the_embedder(rag: ManagedRag, embedder: dict[str, str]) -> None:
    """Documents of the folder are embedded by the run over HTTP and found again with their source."""
    rag.put(faq__txt=FAQ, other__md="# нет")
    rag.s3.put_object(Bucket=rag.bucket, Key="elsewhere.txt", Body="Вопрос: Сколько стоит доставка?".encode())
    base = rag.indexed(embedder)
    report = settings_of(rag.versions(base)[0])
    assert (report["documents"], report["chunks"], report["failed_documents"]) == (1, 3, [])
    calls = [r for r in rag.sandbox.requests() if r["host"].startswith(embedder["model_run_id"])]
    assert "/v1/embeddings" in [call["path"] for call in calls]
    first = rag.ask(base, "сколько стоит доставка").json()["results"][0]
    assert first["content"] == FAQ.partition("\n\n")[0]
    assert first["metadata"] == {
        "source": "kb/faq.txt", "file_name": "faq.txt", "chunk_number": 0, "start_offset": 0,
    }  # fmt: skip


def test_every_status_is_seen_in_order(rag: ManagedRag) -> None:
    """Base, version and search API go through the published statuses, however quick the work is."""
    stage = {"reads": 2}
    rag.sandbox.set(knowledge_base_spans={"planning": stage, "indexing": stage, "search": stage})
    rag.put(faq__txt=FAQ)
    base = rag.create(FOUNDATION)
    seen: list[tuple[str, str, str]] = []

    def look() -> tuple[str, str, str]:
        version, found = rag.versions(base)[0], rag.base(base)
        states = (found["status"], version["status"], found["searchApiResponse"]["state"])
        states = tuple(state.rpartition("_")[2] for state in states)
        seen.append((states[0], states[1], states[2]))
        return seen[-1]

    until(look, lambda states: states == ("ACTIVE", "SUCCEEDED", "ACTIVE"))
    bases, versions, searches = ([*dict.fromkeys(column)] for column in zip(*seen, strict=True))
    assert bases == ["PLANNING", "PENDING", "ACTIVE"]
    assert versions == ["PENDING", "SUCCEEDED"]
    assert searches == ["PENDING", "ACTIVE"]


def test_a_version_takes_at_least_its_time(rag: ManagedRag) -> None:
    """A version stays PENDING for the set time though the work is done, and ends when the clock has moved."""
    rag.sandbox.set(knowledge_base_spans={**AT_ONCE, "indexing": {"seconds": 3000}})
    rag.put(faq__txt=FAQ)
    base = rag.create(FOUNDATION)
    until(lambda: rag.s3.list_objects_v2(Bucket=rag.bucket, Prefix="Artifacts").get("Contents"), bool)
    assert rag.versions(base)[0]["status"] == "KNOWLEDGEBASE_VERSION_PENDING"
    assert rag.base(base)["status"] == "KNOWLEDGEBASE_PENDING"
    rag.sandbox.advance(3000)
    assert rag.built(base)["status"] == "KNOWLEDGEBASE_VERSION_SUCCEEDED"
    assert rag.base(base)["status"] == "KNOWLEDGEBASE_ACTIVE"


def test_without_a_log_group_the_search_api_never_starts(rag: ManagedRag) -> None:
    """With an empty log group base and version are done and the search API stays PENDING; asking it is refused."""
    rag.put(faq__txt=FAQ)
    base = rag.indexed(FOUNDATION, log_group="")
    rag.sandbox.advance(86400)
    with rag.sandbox.client() as rag.http:
        found = rag.base(base)
        assert found["status"] == "KNOWLEDGEBASE_ACTIVE"
        assert found["searchApiResponse"]["state"] == "SEARCH_API_RESPONSE_STATE_PENDING"
        answer = rag.ask(base, "доставка")
    assert (answer.status_code, answer.json()["code"]) == (503, 14)


def test_every_kind_of_file_is_found(rag: ManagedRag) -> None:
    """One knowledge base finds the text of each supported kind of file."""
    kinds = ["txt", "log", "rtf", "md", "pdf", "json", "docx", "html"]
    rag.put(
        a__txt="Слон ест траву.",
        b__log="Пингвин ловит рыбу.",
        c__rtf=documents.rtf("Лиса копает нору."),
        d__md="# Звери\n\nВолк воет ночью.",
        e__pdf=documents.pdf("The giraffe reaches the leaves."),
        f__json=json.dumps({"text": "Кит поёт песню."}),
        g__docx=documents.docx("Звери", "Ёж несёт яблоко."),
        h__html=documents.html("Звери", "Сова видит мышь."),
    )
    base = rag.indexed(FOUNDATION, extensions=kinds, extractor={})
    questions = {
        "слон трава": "txt", "пингвин рыба": "log", "лиса нора": "rtf", "волк ночь": "md",
        "giraffe leaves": "pdf", "кит песня": "json", "ёж яблоко": "docx", "сова мышь": "html",
    }  # fmt: skip
    answers = {query: rag.ask(base, query).json()["results"][0]["metadata"]["file_name"] for query in questions}
    assert {query: name.rpartition(".")[2] for query, name in answers.items()} == questions


def test_json_goes_through_its_jq_program(rag: ManagedRag) -> None:
    """The jq program of the extractor picks the texts, and a chunk knows which it was."""
    rag.put(faq__json=json.dumps([{"q": "Когда?", "a": "Во вторник."}, {"q": "Где?", "a": "На складе."}]))
    extractor = {"json_extractor": {"jq_schema": '[.[] | .q + " " + .a]'}}
    base = rag.indexed(FOUNDATION, extensions=["json"], extractor=extractor)
    first = rag.ask(base, "где? на складе").json()["results"][0]
    assert first["content"] == "Где? На складе."
    assert first["metadata"]["jq_metadata"]["number"] == 1


def test_an_unreadable_document_is_told_and_the_others_are_indexed(rag: ManagedRag) -> None:
    """One bad file does not fail a version: its key and reason stand in the settings and in the description."""
    rag.put(good__txt=FAQ, bad__txt="Срок".encode("cp1251"))
    (version,) = rag.versions(rag.indexed(FOUNDATION))
    (failed,) = settings_of(version)["failed_documents"]
    assert failed["key"] == "kb/bad.txt"
    assert failed["reason"].startswith("not UTF-8")
    assert "kb/bad.txt: not UTF-8" in version["description"]


def test_a_version_without_a_readable_document_fails_and_says_why(rag: ManagedRag) -> None:
    """When nothing can be read the version is FAILED with its reason, and the base, which has no FAILED, PENDING."""
    rag.put(bad__txt="Срок".encode("cp1251"), empty__txt=" ")
    base = rag.create(FOUNDATION)
    version = rag.built(base)
    assert version["status"] == "KNOWLEDGEBASE_VERSION_FAILED"
    assert version["description"].startswith("none of 2 documents could be read: kb/bad.txt: not UTF-8")
    assert settings_of(version)["reason"] == version["description"]
    assert sorted(failed["key"] for failed in settings_of(version)["failed_documents"]) == [
        "kb/bad.txt",
        "kb/empty.txt",
    ]
    assert rag.base(base)["status"] == "KNOWLEDGEBASE_PENDING"


def test_an_empty_folder_fails_and_says_where_it_looked(rag: ManagedRag) -> None:
    """No object of the asked extensions is a failure that names place and extensions; artefacts do not count."""
    rag.put(faq__md="# есть")
    rag.s3.put_object(Bucket=rag.bucket, Key="ArtifactsManagedRAG/x/y/a.txt", Body=b"not a document")
    rag.s3.put_object(Bucket=rag.bucket, Key="kb/", Body=b"")
    version = rag.built(rag.create(FOUNDATION, paths=[""]))
    assert version["status"] == "KNOWLEDGEBASE_VERSION_FAILED"
    assert version["description"] == f"no document of extension txt in s3://{rag.bucket}/"


def test_subfolders_only_when_recursive(rag: ManagedRag) -> None:
    """Without `recursive` the documents of subfolders stay out."""
    rag.put(faq__txt=FAQ)
    rag.s3.put_object(Bucket=rag.bucket, Key="kb/deep/more.txt", Body=b"deep")
    flat, deep = rag.create(FOUNDATION, recursive=False), rag.create(FOUNDATION)
    assert settings_of(rag.built(flat))["documents"] == 1
    assert settings_of(rag.built(deep))["documents"] == 2


def test_artefacts_stand_in_the_bucket(rag: ManagedRag) -> None:
    """The chunks of a version are written beside the documents, where the vendor writes its own."""
    rag.put(faq__txt=FAQ)
    base = rag.indexed(FOUNDATION)
    version_id = rag.versions(base)[0]["knowledgebase_version_id"]
    key = f"ArtifactsManagedRAG/{base}/{version_id}/chunks.jsonl"
    lines = rag.s3.get_object(Bucket=rag.bucket, Key=key)["Body"].read().decode().splitlines()
    assert sorted(json.loads(line)["content"] for line in lines) == sorted(FAQ.split("\n\n"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "плохое имя"}, "take 1 to 63 letters"),
        ({"bucket": "no-such-bucket"}, "bucket 'no-such-bucket' cannot be read"),
        ({"extensions": ["txt"], "extractor": {"text_extractor": {"recursive_char_splitter": {
            "chunk_size": 450, "chunk_overlap": 500}}}}, "chunk_overlap 500 is not below chunk_size 450; lower"),
        ({"extensions": ["json"], "extractor": {"json_extractor": {"jq_schema": ".["}}}, "is no jq program"),
        ({"extractor": {"text_extractor": {"recursive_char_splitter": {
            "separators": "(", "is_separator_regex": True, "chunk_overlap": 0}}}}, "unterminated subpattern"),
    ],
)  # fmt: skip
def test_what_could_never_be_built_is_refused_at_once(rag: ManagedRag, changes: dict[str, Any], message: str) -> None:
    """A bad name, bucket, splitter or jq program is refused with 400 and a clear text, and nothing is created."""
    answer = rag.http.post(CONSOLE, json=rag.body(FOUNDATION, **changes))
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert message in answer.json()["message"]


def test_an_extension_that_no_extractor_reads_is_refused(rag: ManagedRag) -> None:
    """An asked extension without an extractor is refused with 400."""
    body = rag.body(FOUNDATION)
    version = body["knowledgebase_version_configuration"]
    source = version["data_source_configuration"]["cloud_ru_evolution_object_storage_source"]
    source["object_storage_scan_options"]["file_extensions"] = ["txt", "md"]
    answer = rag.http.post(CONSOLE, json=body)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "no extractor reads md; add one or drop the extension",
    )


def test_the_embedder_must_be_one(rag: ManagedRag) -> None:
    """An unknown run, a run of another task and an unknown Foundation Model are refused with 400."""
    reranker = rag.run("SCORE")
    for embedder, message in (
        (by_run(str(uuid.uuid4())), "does not exist"),
        (by_run(reranker), "has the task ModelTaskType_SCORE, not ModelTaskType_EMBEDDING"),
        ({**FOUNDATION, "model_name": "nobody/nothing"}, "Foundation Models has no model 'nobody/nothing'"),
    ):
        answer = rag.http.post(CONSOLE, json=rag.body(embedder))
        assert answer.status_code == 400
        assert message in answer.json()["message"]


def test_a_suspended_embedder_fails_the_version(rag: ManagedRag) -> None:
    """An embedder that does not answer fails the version, and the reason carries what it answered."""
    run_id = rag.run("EMBEDDING")
    rag.http.patch(f"{RUNS}/{run_id}/suspend").raise_for_status()
    rag.put(faq__txt=FAQ)
    version = rag.built(rag.create(by_run(run_id)))
    assert version["status"] == "KNOWLEDGEBASE_VERSION_FAILED"
    assert f"model run {run_id} answered 503" in version["description"]


def test_a_live_name_is_taken_and_a_deleted_one_free(rag: ManagedRag) -> None:
    """A second knowledge base of a live name is refused with 409; after the delete the name is free again."""
    rag.put(faq__txt=FAQ)
    name = f"kb-{uuid.uuid4()}"
    base = rag.indexed(FOUNDATION, name=name)
    answer = rag.http.post(CONSOLE, json=rag.body(FOUNDATION, name=name))
    assert (answer.status_code, answer.json()["code"]) == (409, 6)
    deleted = rag.http.request("DELETE", f"{PUBLIC}/{base}", json=PROJECT)
    assert (deleted.status_code, deleted.json()["knowledgebase_id"]) == (200, base)
    assert rag.http.get(f"{PUBLIC}/{base}", params=PROJECT).status_code == 404
    rag.create(FOUNDATION, name=name)


def test_lists_come_in_pages_and_in_order(rag: ManagedRag) -> None:
    """Pages hold every knowledge base once, in the order asked for; a page above 100 is refused."""
    rag.put(faq__txt=FAQ)
    prefix = str(uuid.uuid4())
    for name in "cab":
        rag.create(FOUNDATION, name=f"{prefix}-{name}")
    names: list[str] = []
    params = {
        **PROJECT, "page_size": 2,
        "order_by.field": "KNOWLEDGEBASE_ORDER_BY_NAME", "order_by.direction": "KNOWLEDGEBASE_ORDER_BY_DESC",
    }  # fmt: skip
    token = ""
    while True:
        page = rag.http.get(PUBLIC, params={**params, "page_token": token}).raise_for_status().json()
        assert len(page["data"]) <= 2
        names += [base["name"] for base in page["data"]]
        if not (token := page["next_page_token"]):
            break
    assert [name[-1] for name in names if name.startswith(prefix)] == ["c", "b", "a"]
    assert len(names) == len(set(names))
    assert rag.http.get(PUBLIC, params={**PROJECT, "page_size": 101}).status_code == 400


def test_a_reindex_keeps_the_id_and_the_old_answers_until_it_is_done(rag: ManagedRag) -> None:
    """While a version is built anew it still answers from the old index; afterwards from the new documents."""
    rag.put(faq__txt=FAQ)
    base = rag.indexed(FOUNDATION)
    version_id = rag.versions(base)[0]["knowledgebase_version_id"]
    rag.put(more__txt="Вопрос: Где магазин?\nОтвет: Магазин на площади.")
    rag.sandbox.set(knowledge_base_spans={**AT_ONCE, "indexing": {"reads": 3}})
    answer = rag.http.post(
        f"{PUBLIC}/versions/{version_id}/reindex", json={"knowledgebaseId": base, "projectId": PROJECT["project_id"]}
    )
    assert answer.json()["status"] == "KNOWLEDGEBASE_VERSION_PENDING"
    during = rag.ask(base, "сколько стоит доставка", knowledge_base_version=version_id)
    assert during.status_code == 200, during.text
    assert "290" in during.json()["results"][0]["content"], during.text
    again = rag.built(base)
    assert (again["knowledgebase_version_id"], again["status"]) == (version_id, "KNOWLEDGEBASE_VERSION_SUCCEEDED")
    assert "на площади" in rag.ask(base, "где магазин").json()["results"][0]["content"]


def test_latest_is_the_newest_version_that_answers(rag: ManagedRag) -> None:
    """A second version answers as `latest` once it has succeeded, and the first one still by its id."""
    rag.put(faq__txt="Старый ответ: доставка стоит 290 рублей.")
    base = rag.indexed(FOUNDATION)
    rag.put(faq__txt="Новый ответ: доставка стоит 350 рублей.")
    configuration = rag.body(FOUNDATION)["knowledgebase_version_configuration"]
    body = {**PROJECT, "knowledgebase_version_configuration": {**configuration, "name": "version-2"}}
    rag.http.post(f"{CONSOLE}/{base}/versions", json=body).raise_for_status()
    assert rag.built(base)["version"] == "version-2"
    first_id = rag.versions(base)[0]["knowledgebase_version_id"]
    assert "350" in rag.ask(base, "доставка", knowledge_base_version="latest").json()["results"][0]["content"]
    assert "290" in rag.ask(base, "доставка", knowledge_base_version=first_id).json()["results"][0]["content"]


def test_a_build_can_be_cancelled(rag: ManagedRag) -> None:
    """A version that is being built is CANCELLED by a POST to it; one that is done is refused."""
    rag.sandbox.set(knowledge_base_spans={**AT_ONCE, "indexing": {"seconds": 3000}})
    rag.put(faq__txt=FAQ)
    base = rag.create(FOUNDATION)
    url = f"{PUBLIC}/versions/{rag.versions(base)[0]['knowledgebase_version_id']}"
    assert rag.http.post(url, json=PROJECT).json()["status"] == "KNOWLEDGEBASE_VERSION_CANCELLED"
    assert rag.versions(base)[0]["status"] == "KNOWLEDGEBASE_VERSION_CANCELLED"
    assert rag.http.post(url, json=PROJECT).status_code == 400


def test_strangers_are_refused(rag: ManagedRag) -> None:
    """Without a token every call is 401, and with one that has no role in the project 403."""
    body = rag.body(FOUNDATION)
    guest = {"Authorization": f"Bearer {rag.sandbox.token(GUEST_KEY_ID, GUEST_KEY_SECRET)}"}
    for headers, status in (({"Authorization": ""}, 401), (guest, 403)):
        assert rag.http.get(PUBLIC, params=PROJECT, headers=headers).status_code == status
        assert rag.http.post(CONSOLE, json=body, headers=headers).status_code == status


def test_a_restart_keeps_what_was_built_and_takes_up_what_was_not(tmp_path: Path) -> None:
    """After SIGKILL in the middle of a build a new process answers from the old index and ends the build."""
    process = SandboxProcess.start(tmp_path)
    process.set(knowledge_base_spans=AT_ONCE)
    with process.client() as http:
        rag = ManagedRag(process, http)
        rag.s3.create_bucket(Bucket=rag.bucket)
        rag.put(faq__txt=FAQ)
        done = rag.indexed(FOUNDATION)
        for number in range(40):
            rag.put(**{f"more{number}__txt": FAQ})
        begun = rag.create(FOUNDATION)
    process.process.kill()
    process.process.wait()
    again = SandboxProcess.start(tmp_path)
    with again.client() as http:
        rag = ManagedRag(again, http, rag.bucket)
        assert "290" in rag.ask(done, "сколько стоит доставка").json()["results"][0]["content"]
        version = rag.built(begun)
    again.stop()
    assert (version["status"], settings_of(version)["documents"]) == ("KNOWLEDGEBASE_VERSION_SUCCEEDED", 41)
