"""yandex.cloud.ai.dataset.v1.DatasetService."""

import grpc
from yandex.cloud.ai.dataset.v1 import dataset_service_pb2 as wire
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetFileDownloadUrl
from yandex.cloud.ai.dataset.v1.dataset_service_pb2_grpc import DatasetServiceServicer
from yandex.cloud.operation.operation_pb2 import Operation

from sandbox.yandex.cloud import Yandex

Context = grpc.ServicerContext


class DatasetServicer(DatasetServiceServicer):
    """Datasets of the folder."""

    def __init__(self, yandex: Yandex) -> None:
        self._datasets = yandex.datasets
        self._uploads = yandex.datasets.uploads

    def Create(self, request: wire.CreateDatasetRequest, context: Context) -> wire.CreateDatasetResponse:
        """Make a draft."""
        dataset = self._datasets.create(request)
        return wire.CreateDatasetResponse(dataset_id=dataset.dataset_id, dataset=dataset)

    def Describe(self, request: wire.DescribeDatasetRequest, context: Context) -> wire.DescribeDatasetResponse:
        """Return a dataset."""
        return wire.DescribeDatasetResponse(dataset=self._datasets.describe(request.dataset_id))

    def List(self, request: wire.ListDatasetsRequest, context: Context) -> wire.ListDatasetsResponse:
        """Return a page of datasets."""
        datasets, token = self._datasets.page(request)
        return wire.ListDatasetsResponse(datasets=datasets, next_page_token=token)

    def Update(self, request: wire.UpdateDatasetRequest, context: Context) -> wire.UpdateDatasetResponse:
        """Change a dataset."""
        return wire.UpdateDatasetResponse(dataset=self._datasets.update(request))

    def Delete(self, request: wire.DeleteDatasetRequest, context: Context) -> wire.DeleteDatasetResponse:
        """Remove a dataset."""
        self._datasets.delete(request.dataset_id)
        return wire.DeleteDatasetResponse()

    def GetUploadDraftUrl(
        self, request: wire.GetUploadDraftUrlRequest, context: Context
    ) -> wire.GetUploadDraftUrlResponse:
        """Return where to PUT the data."""
        url = self._uploads.url(request.dataset_id, request.size_bytes)
        return wire.GetUploadDraftUrlResponse(dataset_id=request.dataset_id, upload_url=url)

    def StartMultipartUploadDraft(
        self, request: wire.StartMultipartUploadDraftRequest, context: Context
    ) -> wire.StartMultipartUploadDraftResponse:
        """Return where to PUT each part."""
        urls = self._uploads.start_multipart(request.dataset_id, request.size_bytes, request.parts)
        return wire.StartMultipartUploadDraftResponse(dataset_id=request.dataset_id, multipart_upload_urls=urls)

    def FinishMultipartUploadDraft(
        self, request: wire.FinishMultipartUploadDraftRequest, context: Context
    ) -> wire.FinishMultipartUploadDraftResponse:
        """Put the parts together."""
        self._uploads.finish_multipart(request.dataset_id, request.uploaded_parts)
        return wire.FinishMultipartUploadDraftResponse(dataset_id=request.dataset_id)

    def Validate(self, request: wire.ValidateDatasetRequest, context: Context) -> Operation:
        """Begin to validate."""
        return self._datasets.validations.start(request.dataset_id)

    def GetDownloadUrls(self, request: wire.GetDownloadUrlsRequest, context: Context) -> wire.GetDownloadUrlsResponse:
        """Return where the rows can be read, as Parquet."""
        urls = self._datasets.download_urls(request.dataset_id)
        files = [DatasetFileDownloadUrl(key=key, url=url) for key, url in urls.items()]
        return wire.GetDownloadUrlsResponse(dataset_id=request.dataset_id, download_urls=files)

    def ListUploadFormats(
        self, request: wire.ListUploadFormatsRequest, context: Context
    ) -> wire.ListUploadFormatsResponse:
        """Return the formats of a task type (deprecated, the SDK still asks)."""
        schemas = self._datasets.upload_schemas(request.task_type)
        return wire.ListUploadFormatsResponse(formats=[schema.upload_format for schema in schemas])

    def ListUploadSchemas(
        self, request: wire.ListUploadSchemasRequest, context: Context
    ) -> wire.ListUploadSchemasResponse:
        """Return the schemas of a task type."""
        return wire.ListUploadSchemasResponse(schemas=self._datasets.upload_schemas(request.task_type))

    def ListTypes(self, request: wire.ListTypesRequest, context: Context) -> wire.ListTypesResponse:
        """Return the task types."""
        return wire.ListTypesResponse(types=self._datasets.task_types())

    def GetPreview(self, request: wire.GetDatasetPreviewRequest, context: Context) -> wire.GetDatasetPreviewResponse:
        """Return the first rows."""
        lines = self._datasets.preview(request.dataset_id)
        return wire.GetDatasetPreviewResponse(dataset_id=request.dataset_id, preview_lines=lines)

    def ListOperationsIds(
        self, request: wire.ListOperationsIdsRequest, context: Context
    ) -> wire.ListOperationsIdsResponse:
        """Return the validation of each dataset."""
        found = self._datasets.operation_ids(list(request.dataset_id))
        return wire.ListOperationsIdsResponse(dataset_id_to_operation_id=found)
