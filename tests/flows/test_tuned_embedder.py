"""A stack whose embedder is one of a tuning service: served by the sandbox, refused by a cloud that cannot."""

import pytest

from clouds.cloudru.assumptions import Assumptions
from clouds.errors import ConfigurationError
from flows.provision import provision_rag
from flows.specs import RagStack, StackReport
from sandbox.settings import YANDEX_FOLDER_ID
from tests.support.stacks import Cloud, inference, save_blocks

BASE_URI = f"emb://{YANDEX_FOLDER_ID}/text-embeddings/latest"


def with_embedder(cloud: Cloud, uri: str) -> RagStack:
    """Return the stack with this model as its embedder."""
    stack = cloud.stack()
    return stack.model_copy(update={"embedder": inference(stack.embedder.name, uri, "Embedding", gpu_memory_gb=8)})


def test_the_sandbox_serves_it(cloud: Cloud) -> None:
    """As stacks of earlier releases name it."""
    report = provision_rag(with_embedder(cloud, BASE_URI), cloud.name, cloud.name)

    assert isinstance(report, StackReport)
    assert report.models[0].model == BASE_URI


def test_a_cloud_that_pulls_weights_from_hugging_face_refuses_it(cloud: Cloud) -> None:
    """By default a block does not serve tuned embedders: one line says why, and nothing is made."""
    save_blocks("test-without", cloud.sandbox, assumptions=Assumptions())
    before = cloud.changes()
    with pytest.raises(ConfigurationError) as refused:
        provision_rag(with_embedder(cloud, BASE_URI), "test-without", "test-without")

    assert cloud.changes() == before
    assert str(refused.value).startswith(f"{BASE_URI} cannot be served here, and nothing was changed")
    assert "\n" not in str(refused.value)


def test_a_model_that_no_tuning_made_is_unknown_to_model_run(cloud: Cloud) -> None:
    """Its run fails as that of a mistyped repository does."""
    with pytest.raises(Exception, match="tamr0none at revision main was not found"):
        provision_rag(with_embedder(cloud, f"{BASE_URI}@tamr0none"), cloud.name, cloud.name)
