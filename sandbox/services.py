"""What routers and rules share: one object that holds the services, their state and their clock."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from clouds.cloudru.wire.storage import REGION
from sandbox.cloudru.rules.generation import Generation
from sandbox.cloudru.rules.iam import SERVICE_ACCOUNT, Iam
from sandbox.cloudru.rules.inference import ModelRuns, Run
from sandbox.cloudru.rules.knowledge import Knowledge
from sandbox.cloudru.rules.logs import LogGroups
from sandbox.cloudru.rules.model import Models
from sandbox.cloudru.rules.search import Search
from sandbox.cloudru.rules.secret import SecretManagement
from sandbox.cloudru.rules.storage import StorageControl
from sandbox.engines.models import ModelShelf
from sandbox.faults import Faults, HeldAnswers
from sandbox.huggingface.hub import Hub
from sandbox.keys import read_or_create_key
from sandbox.lifecycle import Clock
from sandbox.object_store.rclone import RcloneServer
from sandbox.request_log import SERVICE_AGENT, RequestLog
from sandbox.settings import KEPT_AS, KEY_ID, KEY_SECRET, TENANT_ID, Settings, SettingsStore
from sandbox.state import State
from sandbox.yandex.cloud import Yandex

INTERNAL_TOKEN_LIFETIME_S = 600
EMPTIED_TIMES = 5


class Services:
    """The sandbox without HTTP. `base_url` is where it answers, for calls from one service to another."""

    def __init__(
        self, data_dir: Path, base_url: str = "", clock: Clock | None = None, shelf: ModelShelf | None = None
    ) -> None:
        self.data_dir, self.base_url = data_dir, base_url
        self.clock = clock or Clock()
        self.state = State(data_dir / "state.sqlite", self.clock)
        self.settings_store = SettingsStore(self.state)
        self.state.listed_after = lambda: self.settings.listed_after_s
        self.faults = Faults()
        self.held_answers = HeldAnswers()
        self.request_log = RequestLog()
        self.executor = ThreadPoolExecutor(thread_name_prefix="background")
        self._going: set[Future[Any]] = set()
        self.s3_directory = data_dir / "storage"
        self.s3_server = RcloneServer(self.s3_directory)
        self.logs = LogGroups(self.state, self.settings_store)
        self.storage = StorageControl(self.state, self.settings_store, self.logs, self.s3)
        self.secret = SecretManagement(self.state, read_or_create_key(data_dir / "secret.key"), self.clock)
        self.shelf = shelf or ModelShelf()
        self.hub = Hub(self.shelf, self.settings_store)
        self.inference = ModelRuns(self.state, self.settings_store, self.clock, self.secret, self.hub)
        self.models = Models(self.shelf, self.settings_store)
        self.generation = Generation(self.shelf, self.settings_store)
        self.iam = Iam(read_or_create_key(data_dir / "token.key"), self.settings_store, self.clock)
        self.knowledge = Knowledge(self)
        self.search = Search(self)
        self.yandex = Yandex(self)
        self.shelf.take_in(self.yandex.embeddings)

    def start(self) -> None:
        """Start the S3 server, and the work that a restart interrupted."""
        self.s3_server.start()
        self.knowledge.start()
        self.yandex.start()

    @cached_property
    def _s3(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.base_url,
            region_name=REGION,
            aws_access_key_id=f"{TENANT_ID}:{KEY_ID}",
            aws_secret_access_key=KEY_SECRET,
            config=Config(
                signature_version="s3v4",  # for presigned URLs too; in a region that it does not know boto3 takes V2
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                proxies={},
                user_agent=SERVICE_AGENT,
            ),
        )

    def s3(self) -> Any:
        """Return the boto3 client with which services read and write objects, through the gateway as anyone does."""
        return self._s3

    @property
    def settings(self) -> Settings:
        """The settings now."""
        return self.settings_store.current

    def lookup_run(self, run_id: str) -> Run | None:
        """Return a model run; `run.status(services.clock())` is its status, `run.repository` what it serves."""
        return self.inference.find(run_id)

    def internal_bearer(self) -> str:
        """Return a fresh token with which one service calls another: the value of an Authorization header."""
        return f"Bearer {self.iam.issue(SERVICE_ACCOUNT, INTERNAL_TOKEN_LIFETIME_S)}"

    def internal_url(self, vendor_url: str) -> str:
        """Return where this sandbox answers for a vendor URL."""
        return f"{self.base_url}/{vendor_url.removeprefix('https://')}"

    def background(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Start work that outlives the request."""
        going = self.executor.submit(work, *arguments)
        self._going.add(going)
        going.add_done_callback(self._going.discard)
        return going

    def reset(self) -> None:
        """Forget every resource, document, fault and request; settings, keys and the clock stay as they are."""
        self.faults.clear()
        self.state.clear(keep=KEPT_AS)
        wait(tuple(self._going))  # a build ends soon after its version was forgotten
        self.knowledge.clear()
        self.yandex.clear()
        for bucket in self.s3().list_buckets()["Buckets"]:
            for left in reversed(range(EMPTIED_TIMES)):
                try:
                    self._delete_bucket(bucket["Name"])
                except ClientError as error:  # a request that hung has just put something
                    if not left or error.response["Error"]["Code"] != "BucketNotEmpty":
                        raise
                else:
                    break
        self.request_log.clear()

    def _delete_bucket(self, name: str) -> None:
        """Delete a bucket with all that is in it."""
        s3 = self.s3()
        with suppress(s3.exceptions.NoSuchUpload):  # rclone's answer for a bucket that never had one
            for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
                s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            for stored in page.get("Contents", []):
                s3.delete_object(Bucket=name, Key=stored["Key"])
        s3.delete_bucket(Bucket=name)

    def close(self) -> None:
        """Let background work that has not begun go, and close the state."""
        self.knowledge.close()
        self.yandex.close()
        self.executor.shutdown(wait=True, cancel_futures=True)
        self.s3_server.stop()
        self.state.close()
