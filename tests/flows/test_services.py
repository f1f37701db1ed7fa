"""The services that the stack needs are asked for something free before anything is created."""

import pytest

from clouds.cloudru.specs import FoundationModelSpec
from clouds.errors import AuthenticationError, ConfigurationError
from flows.provision import provision_rag
from tests.support.stacks import Cloud


def test_every_service_that_refuses_is_named_at_once(cloud: Cloud) -> None:
    """In one line, with what each answered and what to do; nothing was created."""
    cloud.sandbox.fault("s3e-controller/v2/projects", status=404, times=9)
    cloud.sandbox.fault("secretmanager.api.cloud.ru", status=403, times=9)
    cloud.sandbox.fault("quota", status=403, times=9)
    cloud.sandbox.fault("managed-rag.api.cloud.ru/v1/knowledge-bases$", status=403, times=9)

    with pytest.raises(ConfigurationError) as refused:
        provision_rag(cloud.stack(), cloud.name, cloud.name)

    line = refused.value.message
    assert line.startswith("Object Storage, Secret Management, ML Inference and Managed RAG refuse project ")
    assert "connect them in the console, in this project" in line
    assert "Object Storage answered 404" in line
    assert "Managed RAG answered 403" in line
    assert "\n" not in line
    assert cloud.changes() == []


def test_a_service_that_the_stack_does_not_need_is_not_asked(cloud: Cloud) -> None:
    """Foundation models alone need no ML Inference."""
    model = FoundationModelSpec(model="BAAI/bge-m3")
    cloud.sandbox.fault("quota", status=403, times=9)
    cloud.sandbox.fault("managed-rag.api.cloud.ru/v1/knowledge-bases$", status=403, times=9)

    with pytest.raises(ConfigurationError, match=r"^Managed RAG refuses project .*: connect it in the console"):
        provision_rag(cloud.stack(embedder=model, reranker=model, llm=model), cloud.name, cloud.name)


def test_a_wrong_key_is_not_a_service_that_is_not_connected(cloud: Cloud) -> None:
    """A 401 says what it says."""
    cloud.sandbox.fault("s3e-controller/v2/projects", status=401, times=9)

    with pytest.raises(AuthenticationError, match="Check key id and key secret"):
        provision_rag(cloud.stack(), cloud.name, cloud.name)
