"""Judge a version by golden questions and put it in service; put the version before back."""

from contextlib import nullcontext

from prefect import flow

from domain.evaluation import EvaluationSpec
from domain.gate import Thresholds
from flows.parameters import CloudRu, Golden, Limits, Measurement, Promote, Stack, Version
from flows.specs import RagStack
from tasks.credentials import cloud_credentials
from tasks.evaluation import check_measurement
from tasks.golden import check_golden, read_golden
from tasks.judgement import EvaluationReport, judge_version
from tasks.lock import stack_lock
from tasks.promotion import InService, roll_back
from tasks.steps import THREADS, recorded_steps
from tasks.version import find_version, find_version_before, prove_version


@flow(name="evaluate-rag", task_runner=THREADS)
def evaluate_rag(
    stack: Stack = RagStack(),  # noqa: B008  # frozen
    cloud: CloudRu = "sandbox",
    golden: Golden = "examples/golden.jsonl",
    version: Version = "latest",
    measurement: Measurement = EvaluationSpec(),  # noqa: B008  # frozen
    thresholds: Limits = Thresholds(),  # noqa: B008  # frozen
    *,
    promote: Promote = False,
) -> EvaluationReport:
    """Ask a version the golden questions; it must reach the thresholds and not be worse than the version in service.

    Args:
        stack: The stack, as it was provisioned.
        cloud: Name of the block "Cloud.ru Credentials".
        golden: File of JSON lines, or fsspec URL: `query`, `expected_sources`, `expected_phrases`.
        version: Id of the version, or `latest`: the newest that succeeded.
        measurement: How it is measured.
        thresholds: What it must reach.
        promote: Put it in service when it passes.

    """
    base, models = stack.knowledge_base, (stack.embedder, stack.reranker, stack.llm)
    with (
        recorded_steps(),
        cloud_credentials(cloud) as cloudru,
        stack_lock(cloudru, base.name) if promote else nullcontext(),
    ):
        questions = read_golden(golden)
        check_measurement(measurement, stack.retrieval)
        check_golden(cloudru, questions, bucket=stack.bucket, folder=stack.folder)
        asked = find_version(cloudru, base.name, models, version)
        return judge_version(
            cloudru,
            asked,
            questions,
            retrieval=stack.retrieval,
            measurement=measurement,
            thresholds=thresholds,
            promote_passed=promote,
        )


@flow(name="rollback-rag", task_runner=THREADS)
def rollback_rag(stack: Stack = RagStack(), cloud: CloudRu = "sandbox") -> InService:  # noqa: B008  # frozen
    """Put the version that was in service before back, after a look that it answers.

    Args:
        stack: The stack, as it was provisioned.
        cloud: Name of the block "Cloud.ru Credentials".

    """
    base, models = stack.knowledge_base, (stack.embedder, stack.reranker, stack.llm)
    with recorded_steps(), cloud_credentials(cloud) as cloudru, stack_lock(cloudru, base.name):
        asked = find_version_before(cloudru, base.name, models)
        prove_version(cloudru, asked, stack.probe.question, stack.retrieval)
        return roll_back(cloudru, base.name)
