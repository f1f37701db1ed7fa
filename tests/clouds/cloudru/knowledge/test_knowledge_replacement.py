"""What no version of a knowledge base can change is changed by another base beside it."""

import pytest

from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.knowledge import EnsuredKnowledgeBase, IndexSource
from clouds.cloudru.specs import FoundationModelSpec, KnowledgeBaseSpec
from clouds.cloudru.wire.inference import ModelRun
from clouds.errors import RefusedError
from tests.clouds.cloudru.knowledge.test_knowledge import EMBEDDER, KnowledgeVendor
from tests.clouds.wire_server import WireServer

NAME = "kb-rag-with-inference"
OTHER = FoundationModelSpec(model="another/embedder")


@pytest.fixture
def bases(vendor: WireServer) -> KnowledgeVendor:
    """Play Managed RAG."""
    return KnowledgeVendor(vendor)


def ensure(client: CloudRuClient, embedder: ModelRun | FoundationModelSpec, *, allow: bool) -> EnsuredKnowledgeBase:
    """Ensure the base of that embedder."""
    return client.knowledge_bases.ensure(
        KnowledgeBaseSpec(name=NAME),
        IndexSource(
            bucket="bucket",
            folder="docs",
            embedder=embedder,
            log_group_id="group",
            documents_modified_at=None,
        ),
        allow_replace=allow,
    )


def test_replaced_only_when_allowed(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """Without leave it is a conflict and nothing is made; with it the second is `.r2`, and the first one is left."""
    bases.add(NAME, embedder={"name": "x", "type": "", "model_id": EMBEDDER.model_run_id})
    with pytest.raises(RefusedError, match=r"embedder is .*run-1.*, not another/embedder\. .*allow_replace"):
        ensure(client, OTHER, allow=False)
    assert len(bases.bases) == 1
    ensured = ensure(client, OTHER, allow=True)
    assert (ensured.action, ensured.knowledge_base.name) == ("created", f"{NAME}.r2")
    assert [base.name for base in client.knowledge_bases.family(NAME)] == [f"{NAME}.r2", NAME]


def test_the_old_one_serves_until_it_is_gone(bases: KnowledgeVendor, client: CloudRuClient) -> None:
    """`find` gives the old one while it lives, `ensure` goes on with the latest; names that only look alike are not."""
    bases.add(NAME)
    for name in (f"{NAME}.r10", f"{NAME}.r9", f"{NAME}.rX", f"{NAME}-2"):
        bases.add(name)
    family = [base.name for base in client.knowledge_bases.family(NAME)]
    assert family == [f"{NAME}.r10", f"{NAME}.r9", NAME]
    assert ensure(client, EMBEDDER, allow=False).knowledge_base.name == f"{NAME}.r10"
    for expected in (NAME, f"{NAME}.r9", f"{NAME}.r10"):
        found = client.knowledge_bases.find(NAME)
        assert found is not None
        assert found.name == expected
        client.knowledge_bases.delete(found.knowledgebase_id)
    assert client.knowledge_bases.find(NAME) is None
