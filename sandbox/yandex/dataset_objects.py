"""The objects of datasets in the sandbox's own S3: drafts as they were uploaded, Parquet as it is kept."""

from collections.abc import Generator
from itertools import islice
from pathlib import Path
from typing import Any

import grpc
from botocore.exceptions import ClientError

from sandbox.host import Host
from sandbox.object_store.buckets import DATASETS, DRAFTS, make_bucket
from sandbox.yandex.dataset_state import StoredDataset
from sandbox.yandex.refusal import YandexRefusal

READ_BYTES = 2**20
PARQUET = "0.parquet"


class DatasetObjects:
    """Reads and writes through S3, like any client. The buckets are created with the first upload."""

    def __init__(self, host: Host) -> None:
        self._host, self._s3 = host, host.s3

    def upload_url(self, dataset: StoredDataset, size_bytes: int) -> str:
        """Return a URL that takes exactly so many bytes: their number is signed. Source: docs/yandex-api.md."""
        make_bucket(self._s3(), DRAFTS)
        return self._presigned("put_object", Bucket=DRAFTS, Key=dataset.key, ContentLength=size_bytes)

    def start_multipart(self, dataset: StoredDataset, parts: int) -> tuple[str, list[str]]:
        """Return the id of a multipart upload and the URL of each part; which size a part has is not signed."""
        make_bucket(self._s3(), DRAFTS)
        upload_id = self._s3().create_multipart_upload(Bucket=DRAFTS, Key=dataset.key)["UploadId"]
        where = {"Bucket": DRAFTS, "Key": dataset.key, "UploadId": upload_id}
        return upload_id, [self._presigned("upload_part", **where, PartNumber=n) for n in range(1, parts + 1)]

    def finish_multipart(self, dataset: StoredDataset, parts: list[tuple[int, str]]) -> None:
        """Put the parts (number, etag) together, or refuse with INVALID_ARGUMENT."""
        uploaded = {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in parts]}
        try:
            self._s3().complete_multipart_upload(
                Bucket=DRAFTS, Key=dataset.key, UploadId=dataset.upload_id, MultipartUpload=uploaded
            )
        except ClientError as error:
            raise YandexRefusal(grpc.StatusCode.INVALID_ARGUMENT, f"uploaded_parts: {error}") from error

    def draft_bytes(self, dataset: StoredDataset) -> int | None:
        """Return the size of the draft; None when nothing was uploaded."""
        try:
            return self._s3().head_object(Bucket=DRAFTS, Key=dataset.key)["ContentLength"]
        except ClientError:
            return None

    def lines(self, dataset: StoredDataset) -> Generator[bytes]:
        """Yield the lines of the draft."""
        body = self._s3().get_object(Bucket=DRAFTS, Key=dataset.key)["Body"]
        try:
            yield from body.iter_lines(chunk_size=READ_BYTES)
        finally:
            body.close()

    def first_lines(self, dataset: StoredDataset, count: int) -> list[str]:
        """Return the first lines of the draft."""
        return [line.decode(errors="replace") for line in islice(self.lines(dataset), count)]

    def fetch_draft(self, dataset: StoredDataset, to: Path) -> None:
        """Write the draft, JSON Lines, to a file."""
        self._s3().download_file(DRAFTS, dataset.key, str(to))

    def keep_parquet(self, dataset: StoredDataset, path: Path) -> None:
        """Store the rows as Parquet."""
        make_bucket(self._s3(), DATASETS)
        self._s3().upload_file(str(path), DATASETS, f"{dataset.key}/{PARQUET}")

    def download_url(self, dataset: StoredDataset) -> str:
        """Return where the Parquet file can be read."""
        return self._presigned("get_object", Bucket=DATASETS, Key=f"{dataset.key}/{PARQUET}")

    def delete(self, dataset: StoredDataset) -> None:
        """Remove what there is of a dataset."""
        s3, draft = self._s3(), {"Bucket": DRAFTS, "Key": dataset.key}
        try:
            s3.delete_object(**draft)
            s3.delete_object(Bucket=DATASETS, Key=f"{dataset.key}/{PARQUET}")
        except s3.exceptions.NoSuchBucket:
            return  # nothing was ever uploaded, or none was valid

    def _presigned(self, call: str, **parameters: Any) -> str:
        lifetime_s = self._host.settings.yandex_upload_url_lifetime_s
        return self._s3().generate_presigned_url(call, Params=parameters, ExpiresIn=lifetime_s)
