"""What a stack that is kept expects to be there is named, and missed when it was in service and is gone."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from clouds.cloudru.client import CloudRuClient
from clouds.errors import FailedStateError
from flows.power import status_rag, sweep_rag
from flows.provision import provision_rag
from flows.specs import RagStack
from flows.teardown import teardown_rag
from tasks.stack.kept_stack import read_kept, write_kept
from tests.support.artifacts import artifact
from tests.support.clients import connect
from tests.support.stacks import Cloud


@pytest.fixture
def client(cloud: Cloud) -> Iterator[CloudRuClient]:
    """Give a client that looks at the cloud beside the flows."""
    with connect(cloud.sandbox) as client:
        yield client


def provisioned(cloud: Cloud) -> RagStack:
    """Return a stack that the flow has provisioned."""
    stack = cloud.stack()
    provision_rag(stack, cloud.name, cloud.name)
    return stack


def states(report: Any, stack: RagStack) -> dict[tuple[str, str], str]:
    """Return whether what the stack expects is there, by kind and name."""
    name = stack.knowledge_base.name
    return {(each.kind, each.name): each.state for each in report.expected if each.stack == name}


def test_status_names_a_token_secret_that_was_changed_or_deleted(cloud: Cloud, client: CloudRuClient) -> None:
    """By its versions, its value is never read; one that was made anew is another one."""
    stack = provisioned(cloud)
    name, path = stack.knowledge_base.name, stack.token_secret
    assert status_rag(name, cloud.name).drift == ()
    client.secrets.ensure(path, SecretStr("hf_another_token"))
    cloud.sandbox.control.delete("/requests")

    changed = status_rag(name, cloud.name).drift
    read = [request["path"] for request in cloud.sandbox.requests() if "secret" in request["host"] + request["path"]]
    client.secrets.delete(path)
    deleted = status_rag(name, cloud.name).drift
    client.secrets.ensure(path, SecretStr("hf_another_token"))
    anew = status_rag(name, cloud.name).drift

    line = "its newest version is 2, provisioned was 1: it holds another token, and provision-rag stores the one of the"
    assert changed == (f"secret {path}: {line} Hugging Face block",)
    assert read
    assert not [each for each in read if "access" in each]
    assert deleted == (f"secret {path}: it is not there, and models pull with it when they start: run provision-rag",)
    assert anew == (f"secret {path}: it was deleted and made anew since: run provision-rag",)


@pytest.mark.usefixtures("alone")
def test_a_sweep_says_what_kept_stacks_expect(cloud: Cloud) -> None:
    """Bucket, secret, models, base, and a replaced model: that one may be swept and is then deleted, not missing."""
    stack = provisioned(cloud)
    other = stack.model_copy(update={"llm": stack.llm.model_copy(update={"name": f"other-{stack.llm.name}"})})
    provision_rag(other, cloud.name, cloud.name)

    swept = sweep_rag(cloud.name)
    after = sweep_rag(cloud.name, delete_names=(stack.llm.name,))
    again = sweep_rag(cloud.name)

    expected = {
        ("bucket", stack.bucket),
        ("secret", stack.token_secret),
        *(("inference", model.name) for model in other.models),
        ("replaced model", stack.llm.name),
    }
    assert expected < set(states(swept, stack))
    assert {kind for kind, _ in set(states(swept, stack)) - expected} == {"knowledge base"}
    assert set(states(swept, stack).values()) == {"there"}
    assert after.deleted == (stack.llm.name,)
    assert states(again, stack)["replaced model", stack.llm.name] == "deleted"
    assert stack.bucket in artifact("sweep-expected", "")["data"]


@pytest.mark.usefixtures("alone")
def test_a_sweep_fails_when_secret_or_bucket_have_vanished(cloud: Cloud, client: CloudRuClient) -> None:
    """They were in service and no teardown-rag deleted them; nothing is deleted, and the page names them."""
    stack = provisioned(cloud)
    client.secrets.delete(stack.token_secret)
    keys = [stored.key for stored in client.storage.list_objects(stack.bucket, "")]
    client.storage.delete_objects(stack.bucket, [*keys, stack.folder])
    client.storage.delete_bucket(stack.bucket)
    name = stack.knowledge_base.name

    line = f"the bucket {stack.bucket} of {name}; the secret {stack.token_secret} of {name}"
    with pytest.raises(FailedStateError, match=f"expected and not found: {line}. It was in service"):
        sweep_rag(cloud.name)
    assert '"missing"' in artifact("sweep-expected", "")["data"]
    with pytest.raises(FailedStateError, match=line):
        teardown_rag(name, cloud.name)
    assert not [each for each in sweep_rag(cloud.name).expected if each.stack == name]


def test_teardown_deletes_bucket_and_secret_of_what_was_provisioned_and_of_what_is_wanted(
    cloud: Cloud, client: CloudRuClient
) -> None:
    """A killed run has made others: both pairs go, and nothing is left that no stack claims."""
    stack = provisioned(cloud)
    wanted = stack.model_copy(update={"bucket": f"other-{stack.bucket}", "token_secret": f"other_{stack.token_secret}"})
    kept = read_kept(cloud.key(stack))
    assert kept is not None
    write_kept(cloud.key(stack), kept.becoming(wanted=wanted))
    client.storage.ensure_bucket(wanted.bucket)
    client.storage.ensure_folder(wanted.bucket, wanted.folder)
    client.secrets.ensure(wanted.token_secret, SecretStr("hf_another_token"))

    torn = teardown_rag(stack.knowledge_base.name, cloud.name, delete_documents=True)

    gone = {(each.kind, each.name) for each in torn.resources if each.outcome == "deleted"}
    for each in (stack, wanted):
        assert {("bucket", each.bucket), ("secret", each.token_secret)} <= gone
        assert client.storage.created_at(each.bucket) is None
        assert client.secrets.find(each.token_secret) is None
