"""A client of the running sandbox for tests that use no flow."""

from clouds.cloudru.assumptions import Assumptions
from clouds.cloudru.client import CloudRuClient
from clouds.cloudru.specs import InferenceSpec, VllmArgument
from sandbox.settings import KEY_ID, KEY_SECRET, PROJECT_ID
from tests.support.sandbox_process import SandboxProcess
from tests.support.virtual_time import VirtualTime

PATIENTLY_S = 86_400.0
"""Of the sandbox's clock, which sleeping moves forward; real work beside it takes real seconds."""
DEFAULT = Assumptions()


def connect(sandbox: SandboxProcess, key_secret: str = KEY_SECRET, assumptions: Assumptions = DEFAULT) -> CloudRuClient:
    """Return a client whose sleep moves the sandbox's clock."""
    time = VirtualTime()

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        sandbox.advance(seconds)

    return CloudRuClient(
        key_id=KEY_ID,
        key_secret=key_secret,
        project_id=PROJECT_ID,
        endpoints=sandbox.endpoints,
        assumptions=assumptions,
        clock=time.clock,
        sleep=sleep,
    )


def spec(name: str, repository: str, task: str, *arguments: VllmArgument) -> InferenceSpec:
    """Return an inference of its own name."""
    fields = {"name": name, "repository": repository, "task": task, "vllm_arguments": arguments}
    return InferenceSpec.model_validate(fields)


def start(client: CloudRuClient, wanted: InferenceSpec) -> str:
    """Ensure a run and return its id."""
    return client.inferences.ensure(wanted, gpu_memory_gb=8, token_secret=None, log_group_id=None).run.model_run_id
