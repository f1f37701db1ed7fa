"""The authorized key, its tokens and presigned addresses stay where they belong, in good runs and in bad ones."""

import io
import logging
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from clouds.errors import CloudError
from clouds.yandex.client import YandexClient
from sandbox.settings import YANDEX_API_KEY
from tests.flows.test_secrets import database_files, files, holders
from tests.support.sandbox_process import SandboxProcess
from tests.support.tunings import UNHINDERED, TuningCloud, save_yandex_block


def failure_of(cloud: TuningCloud) -> list[str]:
    """Run a tuning that fails, and return all that its exception tells."""
    with pytest.raises(CloudError) as failure:
        cloud.finetune(cloud.tuning())
    return [repr(failure.value), *traceback.format_exception(failure.value)]


def test_no_secret_is_found_anywhere(
    sandbox: SandboxProcess,
    prefect_storage: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A tuning, one whose address of the upload is refused, and one whose service echoes the API key."""
    sandbox.reset()
    sandbox.empty()  # else there is nothing to upload
    sandbox.set(**UNHINDERED)
    save_yandex_block("test-secrets", sandbox)
    cloud = TuningCloud("test-secrets", sandbox, tmp_path)
    tokens: set[str] = set()
    close = YandexClient.close

    def closing(client: YandexClient) -> None:
        """Take down the token that the client used."""
        tokens.update(value.split()[1] for _, value in client.datasets._connection.authorizer.metadata())
        close(client)

    monkeypatch.setattr(YandexClient, "close", closing)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    loggers = (logging.getLogger(), logging.getLogger("prefect"))
    for logger in loggers:
        logger.addHandler(handler)
    told: list[str] = []
    try:
        told.append(cloud.finetune(cloud.tuning(use={"publish": "always"})).model_dump_json())
        sandbox.empty()  # else the next one adopts the dataset, and uploads nothing
        sandbox.fault("/ai-fomo-drafts-prod/", method="PUT", status=403, body={"message": "refused"})
        told += failure_of(cloud)
        save_yandex_block("test-secrets", sandbox, authorized_key=None, api_key=SecretStr(YANDEX_API_KEY))
        sandbox.fault("TuningService/List$", status="PERMISSION_DENIED", body=f"no {YANDEX_API_KEY}")
        told += failure_of(cloud)
        assert sandbox.all_faults_used()
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    captured = capfd.readouterr()
    places = {
        "log": log.getvalue().encode(),
        "terminal": (captured.out + captured.err).encode(),
        "exceptions and report": "\n".join(told).encode(),
        **files(prefect_storage),
        **database_files(),
    }
    lines = [line for line in sandbox.authorized_key()["private_key"].splitlines() if "KEY" not in line]
    assert len(tokens) == 3
    assert YANDEX_API_KEY in tokens
    for secret in (*lines[:3], *tokens, "X-Amz-Signature="):
        assert holders(secret, places) == [], f"{secret[:10]}..."
