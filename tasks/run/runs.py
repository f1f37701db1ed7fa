"""What a run stands in: its steps are recorded, its connections close at its end, and what it changes is locked."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext

from blocks.cloudru import CloudRuCredentials
from blocks.huggingface import HuggingFaceCredentials
from blocks.yandex import YandexCloudCredentials
from tasks.run.credentials import EitherCloud, cloud_credentials, credentials, either_cloud, yandex_credentials
from tasks.run.lock import LOCK_WAIT_S, Lock, stack_lock, tuning_lock
from tasks.run.steps import recorded_steps


@contextmanager
def cloud_run(cloud: str) -> Generator[CloudRuCredentials]:
    """Be a run that changes no stack; raises as `cloud_credentials`."""
    with recorded_steps(), cloud_credentials(cloud) as cloudru:
        yield cloudru


@contextmanager
def stack_run(
    cloud: str, stack: str, lock_wait_s: float = LOCK_WAIT_S, *, changes: bool = True
) -> Generator[CloudRuCredentials]:
    """Be the one run that changes the stack of that name; with `changes` off, one that only looks at it.

    Raises:
        StackLockedError: another run of the stack is at work, and still is after `lock_wait_s`.
        ConfigurationError: there is no such block.

    """
    with cloud_run(cloud) as cloudru, stack_lock(cloudru, stack, lock_wait_s) if changes else nullcontext():
        yield cloudru


@contextmanager
def provisioning_run(
    cloud: str, huggingface: str, stack: str, lock_wait_s: float
) -> Generator[tuple[CloudRuCredentials, HuggingFaceCredentials, Lock]]:
    """Be the one run that changes the stack, with a Hugging Face token; raises as `stack_run`."""
    with (
        recorded_steps(),
        credentials(cloud, huggingface) as (cloudru, hub),
        stack_lock(cloudru, stack, lock_wait_s) as lock,
    ):
        yield cloudru, hub, lock


@contextmanager
def tuning_run(cloud: str, tuning: str, lock_wait_s: float) -> Generator[YandexCloudCredentials]:
    """Be the one run that changes the tuning of that name; raises as `stack_run`."""
    with recorded_steps(), yandex_credentials(cloud) as yandex, tuning_lock(yandex, tuning, lock_wait_s):
        yield yandex


@contextmanager
def probing_run(cloud: str) -> Generator[EitherCloud]:
    """Be a run that looks at either cloud; raises as `either_cloud`."""
    with recorded_steps(), either_cloud(cloud) as found:
        yield found
