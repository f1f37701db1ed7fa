"""Judge a version by golden questions and put it in service; put the version before back."""

from prefect import flow

from domain.judged_by import JudgingSpec
from domain.promotion import RolledBack
from domain.reports.evaluation import EvaluationReport
from domain.stack import name_of
from flows.parameters import CloudRu, Golden, Limits, Measurement, Promote, PromoteRefused, Stack, Version, in_order
from tasks.evaluation.golden import check_evaluation, check_golden, read_judged_by
from tasks.evaluation.judge import candidate, judge_version, promote_judged
from tasks.evaluation.rollback_report import report_rollback
from tasks.run.asked_with import as_in_service
from tasks.run.results import keep_result
from tasks.run.runs import stack_run
from tasks.run.steps import THREADS
from tasks.stack.kept_stack import find_stack
from tasks.stack.promotion import roll_back
from tasks.stack.version import find_version, find_version_before, prove_version

EXAMPLE = "examples/golden.jsonl"


@in_order
@flow(name="evaluate-rag", task_runner=THREADS)
def evaluate_rag(
    stack: Stack = "kb-rag-with-inference",
    cloud: CloudRu = "sandbox",
    golden: Golden = None,
    version: Version = "latest",
    measurement: Measurement = None,
    thresholds: Limits = None,
    *,
    promote: Promote = False,
    promote_refused: PromoteRefused = "",
) -> EvaluationReport:
    """Ask a version the golden questions; it must reach the thresholds and not be worse than the version in service.

    Args:
        stack: Name under which the stack is kept, that of its knowledge base; or the stack whole.
        cloud: Name of the block "Cloud.ru Credentials".
        golden: File of JSON lines, or fsspec URL: `query`, `expected_sources`, `expected_phrases`. They are asked
            beside the stack's own; left out for a stack without any: the example's.
        version: Id of the version, or `latest`: the newest that succeeded.
        measurement: How it is measured; of this and the stack's the stricter counts.
        thresholds: What it must reach; of these and the stack's the stricter count.
        promote: Put it in service when it passes.
        promote_refused: Its id, to put it in service although golden questions refuse it.

    """
    with stack_run(cloud, name_of(stack), changes=promote) as cloudru:
        found = as_in_service(cloudru, find_stack(cloudru, stack))
        stack = found.stack
        run = JudgingSpec(golden, measurement, thresholds, promote_refused)
        by = read_judged_by(stack, run, found.kept, otherwise=EXAMPLE)
        check_golden(cloudru, by.questions, bucket=stack.bucket, folder=stack.folder)
        asked = find_version(cloudru, stack, version)
        check_evaluation(asked, by, promote=promote)
        judged = judge_version(cloudru, stack, asked, by, remembers=promote)
        now = promote_judged(cloudru, candidate(cloudru, stack, asked), judged) if promote else None
        return keep_result(asked.stack, "evaluation", found.named(EvaluationReport.of(judged, now)))


@in_order
@flow(name="rollback-rag", task_runner=THREADS)
def rollback_rag(stack: Stack = "kb-rag-with-inference", cloud: CloudRu = "sandbox") -> RolledBack:
    """Put the version that was in service before back, after a look that it answers.

    Args:
        stack: Name under which the stack is kept, that of its knowledge base; or the stack whole.
        cloud: Name of the block "Cloud.ru Credentials".

    """
    with stack_run(cloud, name_of(stack)) as cloudru:
        found = as_in_service(cloudru, find_stack(cloudru, stack))
        stack = found.stack
        asked = find_version_before(cloudru, stack)
        prove_version(cloudru, asked, stack.probe.question)
        now = found.named(roll_back(cloudru, candidate(cloudru, stack, asked)))
        return keep_result(asked.stack, "rollback", report_rollback(asked.stack, now))
