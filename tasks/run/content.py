"""What a version was made of, so that another version of the same is known again."""

from blocks.cloudru import CloudRuCredentials
from clouds.cloudru.knowledge import read_at
from clouds.cloudru.wire.storage import ARTIFACTS_PREFIX
from clouds.errors import NotFoundError
from domain.judged import content_digest
from domain.stack import RagStack


def content_of(cloudru: CloudRuCredentials, stack: RagStack, version_id: str) -> str:
    """Return the digest of the documents that the version has read, by name and ETag, and of its index settings.

    Empty when the folder has changed since: what the version has read is not known any more.
    """
    client = cloudru.get_client()
    version = client.knowledge_bases.get_version(version_id)
    try:
        listed = client.storage.list_objects(stack.bucket, stack.folder)
        changed_at = client.storage.folder_modified_at(stack.bucket, stack.folder)
    except NotFoundError:
        return ""
    times = [stored.modified_at for stored in listed] + ([changed_at] if changed_at else [])
    if max(times, default=read_at(version)) > read_at(version):
        return ""
    return content_digest(
        (
            (stored.key.removeprefix(stack.folder), stored.etag)
            for stored in listed
            if not stored.key.endswith("/") and not stored.key.startswith(ARTIFACTS_PREFIX)
        ),
        version,
    )
