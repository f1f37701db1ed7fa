"""Datasets: found by their content, else created, uploaded and validated; a run that died goes on where it was."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from upath import UPath
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from yandex.cloud.ai.dataset.v1.dataset_service_pb2 import (
    CreateDatasetRequest,
    DescribeDatasetRequest,
    ListDatasetsRequest,
    ListDatasetsResponse,
    ListTypesRequest,
)
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceStub

from clouds.create_once import create_once
from clouds.errors import BadRequestError, ConfigurationError
from clouds.pages import by_token
from clouds.polling import OnLook
from clouds.yandex import roles
from clouds.yandex.connection import Connection
from clouds.yandex.dataset.draft import Drafts
from clouds.yandex.dataset.presigned import Content
from clouds.yandex.dataset.validation import Validation, invalid
from clouds.yandex.operation import Operations
from clouds.yandex.specs import Kind
from clouds.yandex.wire.task_types import DATASET_LIMIT_BYTES, JSON_LINES

CONTENT_LABEL = "sha256"
LABEL_LENGTH = 63
"""Length of a label's value elsewhere in Yandex Cloud; for datasets none is published. A hash is cut to it."""
LONGEST_NAME = 63
PAGE_SIZE = 100
VALIDATED_WITHIN_S = 6 * 3600.0
PREFERENCE = (DatasetInfo.READY, DatasetInfo.VALIDATING, DatasetInfo.DRAFT, DatasetInfo.INVALID)
"""Which one is taken when several have the same content; one that is being deleted is not."""


@dataclass(frozen=True)
class EnsuredDataset:
    """A dataset that is READY. `size_bytes` is its size as the service stores it, `sha256` that of the file."""

    dataset_id: str
    name: str
    action: Literal["created", "adopted"]
    rows: int
    size_bytes: int
    sha256: str = ""


class Datasets:
    """The datasets of a folder. Safe under threads."""

    def __init__(self, connection: Connection, operations: Operations) -> None:
        """Ask through `connection`."""
        self._connection = connection
        self._drafts = Drafts(connection)
        self._validation = Validation(connection, operations, self.get)

    def ensure(
        self,
        *,
        name: str,
        kind: Kind,
        path: UPath,
        sha256: str,
        size_bytes: int,
        description: str = "",
        labels: Mapping[str, str] | None = None,
        deadline_s: float = VALIDATED_WITHIN_S,
        on_look: OnLook[str] | None = None,
    ) -> EnsuredDataset:
        """Return the READY dataset with the content of `path`: adopt it whatever its name, or make it.

        It may be called again at any point: a draft is uploaded anew, a validation that runs is waited for.

        Raises:
            InvalidDatasetError: the service's validation found faults; they carry their rows.
            ConfigurationError: the file or the name is no good; nothing was sent.
            DeadlineError: not validated after `deadline_s`.

        """
        self._check(name, size_bytes)
        found = self.find(sha256, kind)
        dataset = found or self._create(name, kind, sha256, description, labels or {})
        dataset_id = dataset.dataset_id
        if dataset.status == DatasetInfo.INVALID:
            raise invalid(dataset_id, dataset.validation_error)
        if dataset.status != DatasetInfo.READY:
            validation = self._validation.find(dataset_id) if found else None
            if dataset.status == DatasetInfo.DRAFT and validation is None:
                self._drafts.fill(dataset_id, Content(path, sha256=sha256, size_bytes=size_bytes))
                validation = self._validation.begin(dataset_id)
            dataset = self._validation.wait(dataset_id, validation, deadline_s=deadline_s, on_look=on_look)
        action = "adopted" if found else "created"
        return EnsuredDataset(dataset_id, dataset.name, action, dataset.rows, dataset.size_bytes, sha256)

    def find(self, sha256: str, kind: Kind) -> DatasetInfo | None:
        """Return the dataset with this content (hex digest of the file), the furthest one of several, else None."""
        task_type = self._connection.assumptions.dataset.task_type(kind)
        wanted = sha256[:LABEL_LENGTH]
        same = [
            dataset
            for dataset in self.list(task_type=task_type)
            if dataset.labels.get(CONTENT_LABEL) == wanted and dataset.status in PREFERENCE
        ]
        return min(
            same,
            key=lambda each: (PREFERENCE.index(each.status), each.created_at.ToNanoseconds(), each.dataset_id),
            default=None,
        )

    def list(self, *, task_type: str = "") -> Iterator[DatasetInfo]:
        """Yield the datasets of the folder, of all pages; only those of `task_type` when it is given."""

        def ask(token: str) -> ListDatasetsResponse:
            return self._connection.calls.call(
                self._stub().List,
                ListDatasetsRequest(
                    folder_id=self._connection.folder_id,
                    task_type_filter=[task_type] if task_type else [],
                    page_size=PAGE_SIZE,
                    page_token=token,
                ),
                subject=subject,
                repeatable=True,
                role=roles.DATASETS,
            )

        subject = f"datasets of the folder {self._connection.folder_id}"
        for page in by_token(ask, lambda page: page.next_page_token, subject=subject):
            yield from page.datasets

    def get(self, dataset_id: str) -> DatasetInfo:
        """Return what the service says of the dataset."""
        answer = self._connection.calls.call(
            self._stub().Describe,
            DescribeDatasetRequest(dataset_id=dataset_id),
            subject=f"dataset {dataset_id}",
            repeatable=True,
            role=roles.DATASETS,
            names="dataset.dataset_id",
            about=dataset_id,
        )
        return answer.dataset

    def types(self) -> tuple[str, ...]:
        """Return the dataset types that the service knows in this folder."""
        answer = self._connection.calls.call(
            self._stub().ListTypes,
            ListTypesRequest(folder_id=self._connection.folder_id),
            subject=f"dataset types in the folder {self._connection.folder_id}",
            repeatable=True,
            role=roles.DATASETS,
        )
        return tuple(answer.types)

    def _create(self, name: str, kind: Kind, sha256: str, description: str, labels: Mapping[str, str]) -> DatasetInfo:
        task_type = self._connection.assumptions.dataset.task_type(kind)
        request = CreateDatasetRequest(
            name=name,
            folder_id=self._connection.folder_id,
            description=description,
            task_type=task_type,
            labels={**labels, CONTENT_LABEL: sha256[:LABEL_LENGTH]},
            upload_format=JSON_LINES,
        )

        def create() -> DatasetInfo:
            answer = self._connection.calls.call(
                self._stub().Create,
                request,
                subject=f"creating the dataset {name!r}",
                repeatable=False,
                role=roles.DATASETS,
                idempotency_key=idempotency_key,
                names="dataset.dataset_id",
            )
            return answer.dataset

        idempotency_key = str(uuid4())
        try:
            return create_once(
                self._connection, create, lambda: self.find(sha256, kind), subject=f"the dataset {name!r}"
            )
        except BadRequestError as error:
            known = self.types()
            if task_type in known:
                raise
            raise ConfigurationError(
                f"{error} The folder knows the dataset types {', '.join(known) or '(none)'}, not {task_type}: correct "
                f"assumptions.dataset.{kind}_task_type in the connection block."
            ) from error

    @staticmethod
    def _check(name: str, size_bytes: int) -> None:
        if not 1 <= len(name) <= LONGEST_NAME:
            raise ConfigurationError(f"the dataset name {name!r} has {len(name)} characters; take 1 to {LONGEST_NAME}")
        if not 0 < size_bytes <= DATASET_LIMIT_BYTES:
            raise ConfigurationError(
                f"the dataset {name!r} has {size_bytes} bytes; a dataset has at least 1 and at most "
                f"{DATASET_LIMIT_BYTES} bytes: split it, several datasets can be tuned on at once"
            )

    def _stub(self) -> DatasetServiceStub:
        return DatasetServiceStub(self._connection.llm)
