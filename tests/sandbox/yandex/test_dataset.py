"""Datasets: from a draft to READY or INVALID, and everything that can be asked of them."""

import ast
import io

import grpc
import httpx
import pyarrow.parquet as pq
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import ParseDict
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from yandex.cloud.operation.operation_pb2 import Operation
from yandex.cloud.operation.operation_service_pb2 import CancelOperationRequest

from sandbox.settings import YANDEX_API_KEY, YANDEX_FOLDER_ID, YANDEX_SERVICE_ACCOUNT_ID
from tests.support.sandbox_process import SandboxProcess
from tests.support.yandex_folder import PAIRS, TRIPLET, Folder, json_lines, put, refused

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT
FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
NOT_FOUND = grpc.StatusCode.NOT_FOUND


def response_of(operation: Operation) -> wire.ValidateDatasetResponse:
    """Return what a validation answered."""
    response = wire.ValidateDatasetResponse()
    assert operation.response.Unpack(response)
    return response


def test_from_draft_to_ready_as_recorded(folder: Folder) -> None:
    """The recorded sequence: DRAFT, a bare operation, one with metadata, then done with the answer; READY.

    Source: production traffic recorded in yandex-cloud/yandex-ai-studio-sdk @f91cf20 on 2025-12-11.
    """
    dataset_id = folder.draft("from draft to ready", description="d", metadata="m", labels={"sha256": "0"})
    assert dataset_id.startswith("fds")
    assert len(dataset_id) == 20
    assert folder.describe(dataset_id).status == DatasetInfo.DRAFT
    folder.upload(dataset_id, PAIRS)
    started = folder.validate(dataset_id)
    assert started.id.startswith("fds")
    assert started.id != dataset_id
    assert not started.HasField("metadata")
    seen = [started, *folder.looks(started.id)]
    kinds = [(look.metadata.type_url.rpartition(".")[2], look.done, look.WhichOneof("result")) for look in seen]
    assert list(dict.fromkeys(kinds)) == [
        ("", False, None),
        ("ValidateDatasetMetadata", False, None),
        ("ValidateDatasetMetadata", True, "response"),
    ]
    assert response_of(seen[-1]) == wire.ValidateDatasetResponse(dataset_id=dataset_id, is_valid=True)
    ready = folder.describe(dataset_id)
    assert (ready.status, ready.rows, ready.folder_id) == (DatasetInfo.READY, 2, YANDEX_FOLDER_ID)
    assert ready.size_bytes > len(PAIRS)
    assert (ready.description, ready.metadata, dict(ready.labels)) == ("d", "m", {"sha256": "0"})
    assert (ready.created_by, ready.updated_at.ToNanoseconds() >= ready.created_at.ToNanoseconds()) == (
        YANDEX_SERVICE_ACCOUNT_ID,
        True,
    )


def test_every_fault_is_found_with_its_rows(folder: Folder) -> None:
    """Bad data is an answer, not an error: `is_valid` false, each kind of fault with its rows; INVALID."""
    data = b"".join(
        (
            json_lines([{"anchor": "", "positive": "b"}]),
            b"not json\n",
            b"\xff\xfe\n",
            json_lines([{"anchor": "a"}, {"anchor": " ", "positive": 1, "negative": "c"}, ["a", "b"]]),
            b"\n",
            json_lines([{"anchor": "a", "positive": "b"}]),
        )
    )
    dataset_id = folder.draft()
    folder.upload(dataset_id, data)
    done = folder.finished(folder.validate(dataset_id).id)
    assert done.WhichOneof("result") == "response"
    response = response_of(done)
    assert not response.is_valid
    found = {(each.error, each.error_description): list(each.row_numbers) for each in response.errors}
    assert found == {
        ("EMPTY_FIELD", "field 'anchor' is empty"): [1, 5],
        ("INVALID_JSON", "the line is not JSON"): [2, 7],
        ("INVALID_ENCODING", "the line is not UTF-8"): [3],
        ("MISSING_FIELD", "field 'positive' is missing"): [4],
        ("WRONG_TYPE", "field 'positive' must be a string"): [5],
        ("UNKNOWN_FIELD", "field 'negative' is not in the schema"): [5],
        ("INVALID_JSON", "the line is not a JSON object"): [6],
    }
    invalid = folder.describe(dataset_id)
    assert (invalid.status, invalid.rows) == (DatasetInfo.INVALID, 1)
    assert list(invalid.validation_error) == list(response.errors)


def test_rows_are_counted_from_what_the_settings_say(sandbox: SandboxProcess, folder: Folder) -> None:
    """0 or 1: which one the service takes is not published."""
    sandbox.set(yandex_first_row_number=0)
    assert list(folder.checked(b"x\n").validation_error[0].row_numbers) == [0]


@pytest.mark.parametrize(("fewest", "status"), [(2, DatasetInfo.READY), (3, DatasetInfo.INVALID)])
def test_too_few_rows_are_invalid(
    sandbox: SandboxProcess, folder: Folder, fewest: int, status: DatasetInfo.Status.ValueType
) -> None:
    """Where the limit lies is a setting: production took one row."""
    sandbox.set(yandex_min_rows=fewest)
    assert folder.checked(PAIRS).status == status


def test_each_type_has_its_schema(sandbox: SandboxProcess, folder: Folder) -> None:
    """A triplet has a negative, a pair has none; the schema is a Python literal, as the vendor's SDK reads it."""
    triplets = json_lines([{"anchor": "a", "positive": "b", "negative": "c"}])
    assert folder.checked(triplets, task_type=TRIPLET).status == DatasetInfo.READY
    assert folder.checked(triplets).status == DatasetInfo.INVALID
    assert folder.checked(PAIRS, task_type=TRIPLET).status == DatasetInfo.INVALID
    (schema,) = folder.datasets.ListUploadSchemas(wire.ListUploadSchemasRequest(task_type=TRIPLET)).schemas
    assert ast.literal_eval(schema.schema)["required"] == ["anchor", "positive", "negative"]
    assert schema.upload_format == "jsonlines"
    formats = folder.datasets.ListUploadFormats(wire.ListUploadFormatsRequest(task_type=TRIPLET)).formats
    assert list(formats) == ["jsonlines"]
    published = "TextEmbeddingPairParams"
    assert refused(lambda: folder.draft(task_type=published))[0] == INVALID_ARGUMENT
    sandbox.set(yandex_takes_published_task_types=True)
    assert published in folder.datasets.ListTypes(wire.ListTypesRequest()).types
    assert folder.checked(PAIRS, task_type=published).status == DatasetInfo.READY


@pytest.mark.parametrize("size_change", [-1, 1])
def test_the_url_takes_the_declared_size_only(folder: Folder, size_change: int) -> None:
    """The number of bytes is signed: another one is refused by the object store, and nothing is stored."""
    dataset_id = folder.draft()
    url = folder.upload_url(dataset_id, len(PAIRS) + size_change)
    assert f"/ai-fomo-drafts-prod/{YANDEX_FOLDER_ID}/{dataset_id}?" in url
    assert "X-Amz-SignedHeaders=content-length%3Bhost&" in url
    answer = put(url, PAIRS)
    assert answer.status_code == 403
    assert "SignatureDoesNotMatch" in answer.text
    assert refused(lambda: folder.validate(dataset_id))[0] == FAILED_PRECONDITION


def test_a_url_that_was_tampered_with_is_refused(folder: Folder) -> None:
    """The signature binds the key: a URL is good for one dataset."""
    mine, other = folder.draft(), folder.draft()
    assert put(folder.upload_url(mine, len(PAIRS)).replace(mine, other), PAIRS).status_code == 403


def test_an_upload_in_parts(folder: Folder) -> None:
    """Parts go to their URLs in any order, are put together by their ETags, and are really one object then."""
    row = json_lines([{"anchor": "я" * 500, "positive": "b"}])
    data = row * (-(-11 * 2**20 // len(row)))
    dataset_id = folder.draft()
    start = wire.StartMultipartUploadDraftRequest(dataset_id=dataset_id, size_bytes=len(data), parts=2)
    urls = folder.datasets.StartMultipartUploadDraft(start).multipart_upload_urls
    half = -(-len(data) // 2)
    pieces = {1: data[:half], 2: data[half:]}
    parts = [
        wire.UploadedPartInfo(part_num=number, etag=put(urls[number - 1], pieces[number]).headers["etag"])
        for number in (2, 1)
    ]
    finish = wire.FinishMultipartUploadDraftRequest(dataset_id=dataset_id, uploaded_parts=parts)
    folder.datasets.FinishMultipartUploadDraft(finish)
    folder.finished(folder.validate(dataset_id).id)
    assert folder.describe(dataset_id).rows == len(data) // len(row)


def test_parts_that_do_not_fit_are_refused(folder: Folder) -> None:
    """No upload started, a wrong ETag, fewer bytes than declared, parts that would be too small: each is refused."""
    dataset_id = folder.draft()

    def start(size_bytes: int, parts: int = 0) -> list[str]:
        request = wire.StartMultipartUploadDraftRequest(dataset_id=dataset_id, size_bytes=size_bytes, parts=parts)
        return list(folder.datasets.StartMultipartUploadDraft(request).multipart_upload_urls)

    def finish(*etags: str) -> object:
        parts = [wire.UploadedPartInfo(part_num=number, etag=etag) for number, etag in enumerate(etags, 1)]
        request = wire.FinishMultipartUploadDraftRequest(dataset_id=dataset_id, uploaded_parts=parts)
        return folder.datasets.FinishMultipartUploadDraft(request)

    assert refused(lambda: finish("x"))[0] == FAILED_PRECONDITION
    assert refused(lambda: start(11 * 2**20, parts=3))[0] == INVALID_ARGUMENT
    (url,) = start(len(PAIRS) + 1)
    etag = put(url, PAIRS).headers["etag"]
    assert refused(finish)[0] == INVALID_ARGUMENT
    code, text = refused(lambda: finish(etag))
    assert (code, f"{len(PAIRS)} bytes came, {len(PAIRS) + 1} were declared" in text) == (INVALID_ARGUMENT, True)
    (url,) = start(len(PAIRS))
    put(url, PAIRS).raise_for_status()
    assert refused(lambda: finish('"0"'))[0] == INVALID_ARGUMENT
    assert refused(lambda: folder.validate(dataset_id))[0] == FAILED_PRECONDITION
    assert len(start(250 * 2**20)) == 3


@pytest.mark.parametrize("size_bytes", [0, -1, 5 * 1000**3 + 1])
def test_sizes_beyond_the_limits_are_refused(folder: Folder, size_bytes: int) -> None:
    """Nothing, and more than 5 GB."""
    dataset_id = folder.draft()
    assert refused(lambda: folder.upload_url(dataset_id, size_bytes))[0] == INVALID_ARGUMENT


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 64}, {"folder_id": ""}, {"task_type": "Tea"}, {"upload_format": "csv"}],
)
def test_a_wrong_draft_is_refused(folder: Folder, wrong: dict[str, str]) -> None:
    """The text names the field."""
    code, text = refused(lambda: folder.draft(**wrong))
    assert code == INVALID_ARGUMENT
    assert text.startswith(f"{next(iter(wrong))}: ")


def test_what_is_no_draft_any_more_stays_as_it_is(folder: Folder) -> None:
    """After a validation began there is no other upload and no other validation."""
    dataset_id = folder.checked(PAIRS).dataset_id
    assert refused(lambda: folder.upload_url(dataset_id, 1))[0] == FAILED_PRECONDITION
    assert refused(lambda: folder.validate(dataset_id))[0] == FAILED_PRECONDITION


def test_pages_and_filters(folder: Folder) -> None:
    """Name pattern, status, type and ids narrow a list; pages hold what was asked for and end with an empty token."""
    ready = folder.checked(PAIRS, name="the ready one").dataset_id
    drafts = [folder.draft(f"draft {number}") for number in range(3)]
    triplet = folder.draft("draft of triplets", task_type=TRIPLET)

    def ids(**fields: object) -> list[str]:
        request = ParseDict({"folder_id": YANDEX_FOLDER_ID, **fields}, wire.ListDatasetsRequest())
        return [dataset.dataset_id for dataset in folder.datasets.List(request).datasets]

    assert ids() == [ready, *drafts, triplet]
    assert ids(dataset_name_pattern="draft") == [*drafts, triplet]
    assert ids(status=["READY", "INVALID"]) == [ready]
    assert ids(task_type_filter=[TRIPLET]) == [triplet]
    assert ids(dataset_ids=[drafts[1], "fdsunheardof"]) == [drafts[1]]
    request, pages = wire.ListDatasetsRequest(folder_id=YANDEX_FOLDER_ID, page_size=2), []
    while not pages or request.page_token:
        page = folder.datasets.List(request)
        pages.append([dataset.dataset_id for dataset in page.datasets])
        request.page_token = page.next_page_token
    assert pages == [[ready, drafts[0]], [drafts[1], drafts[2]], [triplet]]
    for wrong in ({"page_size": 1001}, {"page_token": "я"}, {"page_token": "xyz"}, {"folder_id": ""}):
        assert refused(lambda wrong=wrong: ids(**wrong))[0] == INVALID_ARGUMENT


def test_update_changes_what_the_mask_names(folder: Folder) -> None:
    """Fields outside the mask stay; a field that cannot be changed is refused."""
    dataset_id = folder.draft("before", description="d", labels={"a": "b"})
    request = wire.UpdateDatasetRequest(
        dataset_id=dataset_id, update_mask=FieldMask(paths=["name", "labels"]), name="after", labels={"c": "d"}
    )
    changed = folder.datasets.Update(request).dataset
    assert (changed.name, changed.description, dict(changed.labels)) == ("after", "d", {"c": "d"})
    assert folder.describe(dataset_id).name == "after"
    request.update_mask.paths[:] = ["task_type"]
    assert refused(lambda: folder.datasets.Update(request))[0] == INVALID_ARGUMENT
    request.dataset_id = "fdsunheardof"
    request.update_mask.paths[:] = ["name"]
    assert refused(lambda: folder.datasets.Update(request))[0] == NOT_FOUND


def test_a_deleted_dataset_is_gone_with_its_objects(folder: Folder) -> None:
    """Describe is NOT_FOUND, and its Parquet file cannot be read any more; a second delete is NOT_FOUND."""
    dataset_id = folder.checked(PAIRS).dataset_id
    request = wire.GetDownloadUrlsRequest(dataset_id=dataset_id)
    url = folder.datasets.GetDownloadUrls(request).download_urls[0].url
    folder.datasets.Delete(wire.DeleteDatasetRequest(dataset_id=dataset_id))
    assert refused(lambda: folder.describe(dataset_id))[0] == NOT_FOUND
    assert httpx.get(url, trust_env=False).status_code == 404
    assert refused(lambda: folder.datasets.Delete(wire.DeleteDatasetRequest(dataset_id=dataset_id)))[0] == NOT_FOUND


def test_a_dataset_without_an_upload_can_be_deleted(folder: Folder) -> None:
    """Also when no bucket was ever made."""
    folder.datasets.Delete(wire.DeleteDatasetRequest(dataset_id=folder.draft()))


def test_the_rows_can_be_read_again(folder: Folder) -> None:
    """As Parquet from a presigned URL, and the first of them as they were; only once READY."""
    draft = folder.draft()
    downloads = wire.GetDownloadUrlsRequest(dataset_id=draft)
    assert refused(lambda: folder.datasets.GetDownloadUrls(downloads))[0] == FAILED_PRECONDITION
    preview = wire.GetDatasetPreviewRequest(dataset_id=draft)
    assert refused(lambda: folder.datasets.GetPreview(preview))[0] == FAILED_PRECONDITION
    rows = [{"anchor": f"вопрос {number}", "positive": "ответ"} for number in range(2500)]
    folder.upload(draft, json_lines(rows))
    folder.finished(folder.validate(draft).id)
    (file,) = folder.datasets.GetDownloadUrls(downloads).download_urls
    assert pq.read_table(io.BytesIO(httpx.get(file.url, trust_env=False).content)).to_pylist() == rows
    assert json_lines(rows[:10]).decode().splitlines() == list(folder.datasets.GetPreview(preview).preview_lines)


def test_a_lost_validation_is_found(sandbox: SandboxProcess, folder: Folder) -> None:
    """ListOperationsIds returns the operation of a dataset, until the operation object expires; the dataset stays."""
    draft, checked = folder.draft(), folder.draft()
    folder.upload(checked, PAIRS)
    operation_id = folder.validate(checked).id
    request = wire.ListOperationsIdsRequest(dataset_id=[draft, checked, "fdsunheardof"])
    assert dict(folder.datasets.ListOperationsIds(request).dataset_id_to_operation_id) == {checked: operation_id}
    folder.finished(operation_id)
    sandbox.advance(14 * 86400)
    assert refused(lambda: folder.operation(operation_id))[0] == NOT_FOUND
    assert not folder.datasets.ListOperationsIds(request).dataset_id_to_operation_id
    assert folder.describe(checked).status == DatasetInfo.READY


def test_stages_last_as_long_as_set(sandbox: SandboxProcess, folder: Folder) -> None:
    """With spans by the clock it is VALIDATING until they are over, however often somebody looks."""
    sandbox.set(yandex_validation_spans={"accepted": {"seconds": 35}, "counting": {"seconds": 60}})
    dataset_id = folder.draft()
    folder.upload(dataset_id, PAIRS)
    operation_id = folder.validate(dataset_id).id
    for _ in range(3):
        assert not folder.operation(operation_id).HasField("metadata")
    sandbox.advance(40)
    counting = folder.operation(operation_id)
    assert (counting.HasField("metadata"), counting.done) == (True, False)
    assert folder.describe(dataset_id).status == DatasetInfo.VALIDATING
    sandbox.advance(60)
    assert response_of(folder.finished(operation_id)).is_valid


def test_looking_at_the_dataset_alone_ends_it_too(folder: Folder) -> None:
    """Who has lost the operation describes the dataset until it is READY."""
    dataset_id = folder.draft()
    folder.upload(dataset_id, PAIRS)
    folder.validate(dataset_id)
    while folder.describe(dataset_id).status == DatasetInfo.VALIDATING:
        pass
    assert folder.describe(dataset_id).status == DatasetInfo.READY


def test_the_operation_of_a_deleted_dataset_fails(folder: Folder) -> None:
    """It is done with an error; cancelling a validation changes nothing."""
    dataset_id = folder.draft()
    folder.upload(dataset_id, PAIRS)
    operation_id = folder.validate(dataset_id).id
    cancelled = folder.operations.Cancel(CancelOperationRequest(operation_id=operation_id))
    assert not cancelled.HasField("error")
    folder.datasets.Delete(wire.DeleteDatasetRequest(dataset_id=dataset_id))
    assert folder.finished(operation_id).error.code == NOT_FOUND.value[0]


def test_the_folder_holds_as_many_as_the_quota(sandbox: SandboxProcess, folder: Folder) -> None:
    """One more is RESOURCE_EXHAUSTED; a deleted one makes room."""
    sandbox.set(yandex_datasets_limit=1)
    only = folder.draft()
    assert refused(folder.draft)[0] == grpc.StatusCode.RESOURCE_EXHAUSTED
    folder.datasets.Delete(wire.DeleteDatasetRequest(dataset_id=only))
    assert folder.draft()


def test_an_operation_over_rest(sandbox: SandboxProcess, folder: Folder) -> None:
    """The same operation in protobuf's JSON."""
    dataset_id = folder.draft()
    folder.upload(dataset_id, PAIRS)
    operation_id = folder.validate(dataset_id).id
    folder.finished(operation_id)
    url = f"{sandbox.base_url}/operation.api.cloud.yandex.net/operations/{operation_id}"
    answer = httpx.get(url, headers={"Authorization": f"Api-Key {YANDEX_API_KEY}"}, trust_env=False).json()
    assert (answer["id"], answer["done"]) == (operation_id, True)
    assert answer["response"] == {
        "@type": "type.googleapis.com/yandex.cloud.ai.dataset.v1.ValidateDatasetResponse",
        "datasetId": dataset_id,
        "isValid": True,
    }


def test_service_buckets_are_not_the_users(sandbox: SandboxProcess, folder: Folder) -> None:
    """The buckets of datasets are not in the user's list of buckets; the log has the vendor's host for an upload."""
    dataset = folder.checked(PAIRS, name="stored")
    there = sandbox.inventory()
    assert there["buckets"] == {}
    assert there["datasets"] == [{"id": dataset.dataset_id, "name": "stored", "status": "READY"}]
    uploads = [r for r in sandbox.requests() if r["host"] == "storage.yandexcloud.net" and not r["internal"]]
    assert [(upload["method"], upload["mutating"]) for upload in uploads] == [("PUT", True)]


def test_a_reset_forgets_datasets(sandbox: SandboxProcess, folder: Folder) -> None:
    """The dataset, its operation and its objects are gone; the next one is made as if it were the first."""
    dataset_id = folder.checked(PAIRS).dataset_id
    operation_id = folder.datasets.ListOperationsIds(
        wire.ListOperationsIdsRequest(dataset_id=[dataset_id])
    ).dataset_id_to_operation_id[dataset_id]
    sandbox.empty()
    assert refused(lambda: folder.describe(dataset_id))[0] == NOT_FOUND
    assert refused(lambda: folder.operation(operation_id))[0] == NOT_FOUND
    assert sandbox.inventory()["datasets"] == []
    assert folder.checked(PAIRS).status == DatasetInfo.READY
