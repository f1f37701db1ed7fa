"""Everything that there is in the project: what a run has left behind can be seen."""

from pydantic import BaseModel

from sandbox.object_store.markers import Markers
from sandbox.services import Services
from sandbox.settings import PROJECT_ID


class ModelRunEntry(BaseModel):
    """A model run; deleted ones are there too."""

    id: str
    name: str
    status: str


class KnowledgeBaseEntry(BaseModel):
    """A knowledge base and the statuses of its versions by id, oldest first."""

    id: str
    name: str
    status: str
    versions: dict[str, str]


class Inventory(BaseModel):
    """Keys by bucket, folder markers among them; version numbers by path of the secret; names of log groups."""

    buckets: dict[str, list[str]]
    secrets: dict[str, list[int]]
    model_runs: list[ModelRunEntry]
    knowledge_bases: list[KnowledgeBaseEntry]
    log_groups: list[str]


def inventory(services: Services) -> Inventory:
    """Look at every service; nothing ages by it."""
    now, store = services.clock(), services.knowledge.store
    return Inventory(
        buckets={bucket["Name"]: _keys(services, bucket["Name"]) for bucket in services.s3().list_buckets()["Buckets"]},
        secrets={secret.path: [version.id for version in secret.versions] for secret in services.secret.search("")},
        model_runs=[
            ModelRunEntry(id=run.id, name=run.name, status=run.status(now)) for run in services.inference.all()
        ],
        knowledge_bases=[
            KnowledgeBaseEntry(
                id=base.id,
                name=base.configuration.name,
                status=store.observed(base).status(now),
                versions={version.id: version.status(now) for version in store.versions_of(base.id)},
            )
            for base in store.bases_of(PROJECT_ID)
        ],
        log_groups=[group.name for group in services.logs.all()],
    )


def _keys(services: Services, bucket: str) -> list[str]:
    pages = services.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket)
    objects = [stored["Key"] for page in pages for stored in page.get("Contents", [])]
    markers = [marker.key for marker in Markers(services.state, services.clock).of_bucket(bucket)]
    return sorted([*objects, *markers])
