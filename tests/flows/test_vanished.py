"""What was in service and is gone is named, and is no reason to end green."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.variables import Variable

from clouds.cloudru.client import CloudRuClient
from clouds.errors import FailedStateError, WrongAnswerError
from domain.in_service import InService
from flows.power import sweep_rag
from flows.teardown import teardown_rag
from tasks.run.service_record import write_in_service
from tasks.stack.kept_stack import forget_kept
from tests.flows.test_power import deploy
from tests.support.artifacts import artifact
from tests.support.clients import connect
from tests.support.stacks import Cloud

NOT_THERE = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def client(cloud: Cloud) -> Iterator[CloudRuClient]:
    """Give a client that looks at the cloud beside the flow."""
    with connect(cloud.sandbox) as client:
        yield client


@pytest.fixture
def deployed() -> Iterator[list[str]]:
    """Give a list of deployments to delete in the end."""
    names: list[str] = []
    yield names
    with get_client(sync_client=True) as api:
        for name in names:
            api.delete_deployment(api.read_deployment_by_name(f"provision-rag/{name}").id)


def test_a_base_that_somebody_else_deleted_is_named(cloud: Cloud, client: CloudRuClient) -> None:
    """The rest goes all the same, and the run fails with what it expected and did not find; the next one is green."""
    stack = cloud.stack()
    served = cloud.stand(stack)
    client.knowledge_bases.delete(served.knowledge_base_id)
    planned = teardown_rag(stack, cloud.name, plan_only=True)
    assert planned.plan.vanished == (f"the knowledge base {served.knowledge_base_id} of {stack.knowledge_base.name}",)
    with pytest.raises(FailedStateError, match=rf"expected and not found: .*{served.knowledge_base_id}.*audit log"):
        teardown_rag(stack, cloud.name)
    assert "no teardown-rag deleted it" in artifact("teardown", stack.knowledge_base.name)["data"]
    assert client.inferences.find(stack.llm.name) is None
    assert teardown_rag(stack, cloud.name).plan.vanished == ()


def test_models_that_left_no_trace_are_named(cloud: Cloud) -> None:
    """No run of the name, not even a deleted one, is in the list although the stack is in service."""
    stack = cloud.stack()
    gone = InService(
        knowledge_base_id=NOT_THERE,
        version_id=NOT_THERE,
        previous_version_id=None,
        promoted_at=datetime.now(UTC),
        newest=None,
    )
    write_in_service(cloud.key(stack), gone)
    with pytest.raises(FailedStateError, match=rf"{NOT_THERE}.*{stack.embedder.name} .*{stack.llm.name}"):
        teardown_rag(stack, cloud.name)


def test_what_an_earlier_teardown_deleted_is_explained(cloud: Cloud, client: CloudRuClient) -> None:
    """The first run dies after the knowledge base; the next one knows why that is gone, and forgets that it knew."""
    stack = cloud.stack()
    served = cloud.stand(stack)
    cloud.sandbox.fault(r"/modelruns/[0-9a-f-]+$", method="DELETE", status=400, times=12)
    with pytest.raises(Exception, match="answered 400"):
        teardown_rag(stack, cloud.name)
    cloud.sandbox.control.delete("/faults")
    held: Any = Variable.get(cloud.key(stack).leaving)
    assert served.knowledge_base_id in held["ids"]
    assert served.knowledge_base_id not in {base.knowledgebase_id for base in client.knowledge_bases.list()}
    assert teardown_rag(stack, cloud.name).plan.vanished == ()
    assert Variable.get(cloud.key(stack).leaving) is None


def test_a_list_that_lacks_what_answers_deletes_nothing(cloud: Cloud) -> None:
    """The base answers by its id and is not listed: the list is wrong, not the base gone."""
    stack = cloud.stack()
    cloud.stand(stack)
    cloud.sandbox.control.delete("/requests").raise_for_status()
    cloud.sandbox.fault(r"/v1/knowledge-bases$", method="GET", body={"data": []}, status=200, times=6)
    with pytest.raises(WrongAnswerError, match="answers by its id"):
        teardown_rag(stack, cloud.name)
    cloud.sandbox.control.delete("/faults")
    assert cloud.changes() == []


@pytest.mark.usefixtures("alone")
def test_a_sweep_names_what_has_vanished_and_deletes_nothing(
    cloud: Cloud, client: CloudRuClient, deployed: list[str]
) -> None:
    """A deployed stack that was in service is gone: what else cannot be trusted is not deleted."""
    stack, lost = cloud.stack(), cloud.stack()
    served = cloud.stand(stack)
    cloud.stand(lost)
    forget_kept(cloud.key(lost))
    deploy("vanished", {"stack": stack.model_dump(mode="json")})
    deployed.append("vanished")
    client.knowledge_bases.delete(served.knowledge_base_id)
    cloud.sandbox.control.delete("/requests").raise_for_status()
    with pytest.raises(FailedStateError, match=rf"expected and not found: .*{served.knowledge_base_id}"):
        sweep_rag(cloud.name, delete_names=(lost.llm.name,))
    assert cloud.changes() == []
    assert lost.llm.name in artifact("sweep", "")["data"]
