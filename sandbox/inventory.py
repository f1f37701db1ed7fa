"""Everything that there is in the project: what a run has left behind can be seen."""

from pydantic import BaseModel
from yandex.cloud.ai.dataset.v1.dataset_pb2 import DatasetInfo
from yandex.cloud.ai.tuning.v1.tuning_task_pb2 import TuningTask

from sandbox.object_store.buckets import SERVICE_BUCKETS
from sandbox.object_store.markers import Markers
from sandbox.services import Services
from sandbox.settings import PROJECT_ID


class Entry(BaseModel):
    """A model run (deleted ones are there too), a dataset, a tuning or a search index."""

    id: str
    name: str
    status: str


class KnowledgeBaseEntry(BaseModel):
    """A knowledge base and the statuses of its versions by id, oldest first."""

    id: str
    name: str
    status: str
    versions: dict[str, str]


class FileEntry(BaseModel):
    """A file of Yandex Cloud."""

    id: str
    name: str


class Inventory(BaseModel):
    """Keys by bucket, folder markers among them; version numbers by path of the secret; names of log groups."""

    buckets: dict[str, list[str]]
    secrets: dict[str, list[int]]
    model_runs: list[Entry]
    knowledge_bases: list[KnowledgeBaseEntry]
    log_groups: list[str]
    datasets: list[Entry]
    tunings: list[Entry]
    files: list[FileEntry]
    search_indexes: list[Entry]


def inventory(services: Services) -> Inventory:
    """Look at every service; nothing ages by it."""
    now, cloudru, yandex = services.host.clock(), services.cloudru, services.yandex
    store = cloudru.knowledge.store
    return Inventory(
        buckets={name: _keys(services, name) for name in _buckets(services)},
        secrets={secret.path: [version.id for version in secret.versions] for secret in cloudru.secret.search("")},
        model_runs=[Entry(id=run.id, name=run.name, status=run.status(now)) for run in cloudru.inference.all()],
        knowledge_bases=[
            KnowledgeBaseEntry(
                id=base.id,
                name=base.configuration.name,
                status=store.observed(base).status(now),
                versions={version.id: version.status(now) for version in store.versions_of(base.id)},
            )
            for base in store.bases_of(PROJECT_ID)
        ],
        log_groups=[group.name for group in cloudru.logs.all()],
        datasets=[
            Entry(id=each.id, name=each.name, status=DatasetInfo.Status.Name(each.status(now)))
            for each in yandex.datasets.all()
        ],
        tunings=[
            Entry(id=each.id, name=each.name, status=TuningTask.Status.Name(each.status(now)))
            for each in yandex.tunings.all()
        ],
        files=[FileEntry(id=each.id, name=each.name) for each in yandex.files.all()],
        search_indexes=[
            Entry(id=each.id, name=each.name, status=yandex.vector_stores.store(each.id).status)
            for each in yandex.search_indexes.all()
        ],
    )


def _buckets(services: Services) -> list[str]:
    names = (bucket["Name"] for bucket in services.host.s3().list_buckets()["Buckets"])
    return [name for name in names if name not in SERVICE_BUCKETS]


def _keys(services: Services, bucket: str) -> list[str]:
    pages = services.host.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket)
    objects = [stored["Key"] for page in pages for stored in page.get("Contents", [])]
    markers = [marker.key for marker in Markers(services.host.state, services.host.clock).of_bucket(bucket)]
    return sorted([*objects, *markers])
