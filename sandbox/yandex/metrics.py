"""Events of a training as a zip in the sandbox's own S3."""

import io
import zipfile
from pathlib import Path

from sandbox.engines.tuning_job import EVENTS
from sandbox.host import Host
from sandbox.object_store.buckets import METRICS, make_bucket


class Metrics:
    """Zips what there is when it is asked for."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def url(self, task_id: str, folder: Path) -> str | None:
        """Return a presigned URL of the zip; None while there are no events."""
        events = sorted(path for path in (folder / EVENTS).glob("**/*") if path.is_file() and path.stat().st_size)
        if not events:
            return None
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in events:
                archive.write(path, path.relative_to(folder))
        key = f"{task_id}/tensorboard.zip"
        s3 = self._host.s3()
        make_bucket(s3, METRICS)
        s3.put_object(Bucket=METRICS, Key=key, Body=packed.getvalue())
        return s3.generate_presigned_url(
            "get_object",
            Params={"Bucket": METRICS, "Key": key},
            ExpiresIn=self._host.settings.yandex_upload_url_lifetime_s,
        )
