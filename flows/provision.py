"""Provision a managed RAG stack on Cloud.ru: the tutorial, step by step."""

from functools import partial

from prefect import flow

from domain.consent import Allowed
from flows.parameters import (
    AllowOtherReading,
    AllowReplace,
    ApproveAbove,
    CloudRu,
    Failure,
    HuggingFace,
    LockWait,
    PlanOnly,
    PromoteRefused,
    WholeStack,
    in_order,
)
from flows.retired import Retired, pass_over
from flows.specs import RagStack, StackPlan, StackReport
from tasks.evaluation.judge import judge_stack
from tasks.run.approval import look_until_allowed
from tasks.run.lock import LOCK_WAIT_S
from tasks.run.runs import provisioning_run
from tasks.run.steps import THREADS, passed, wait_for_steps
from tasks.stack.cleanup import after_failure, created_ids
from tasks.stack.inference import ensure_inference, wait_for_inference
from tasks.stack.kept_stack import keep_provisioned, keep_wanted
from tasks.stack.knowledge import WantedBase, ensure_knowledge_base, quarantine_unreadable, wait_for_index
from tasks.stack.observe import prepare
from tasks.stack.query import verify
from tasks.stack.report import Provisioned, report
from tasks.stack.secret import ensure_secret
from tasks.stack.service import put_in_service
from tasks.stack.storage import ensure_bucket, upload_documents

TUNED = "stack.embedder counts. A tuned embedder is used in Yandex's search index: use.search_index of its tuning"


@in_order
@flow(name="provision-rag", task_runner=THREADS)
def provision_rag(
    stack: WholeStack = RagStack(),  # noqa: B008  # frozen
    cloud: CloudRu = "sandbox",
    huggingface: HuggingFace = "sandbox",
    *,
    plan_only: PlanOnly = False,
    allow_replace: AllowReplace = False,
    allow_other_reading: AllowOtherReading = False,
    promote_refused: PromoteRefused = "",
    approve_above_rub_per_hour: ApproveAbove = None,
    on_failure: Failure = "keep",
    lock_wait_s: LockWait = LOCK_WAIT_S,
    promoted_embedder: Retired = None,
) -> StackReport | StackPlan:
    """Bring documents, three models and a knowledge base up on Cloud.ru, and prove that they answer.

    Running it again adopts what is there: it is also the recovery procedure.

    Args:
        stack: What is wanted; the defaults are the tutorial's. It is kept under the name of its knowledge base, and
            every other flow takes it by this name. Left at its defaults but for the name: what is kept under the name.
        cloud: Name of the block "Cloud.ru Credentials".
        huggingface: Name of the block "Hugging Face Credentials".
        plan_only: Say what would be done and what it costs, change nothing, and return the plan.
        allow_replace: Make another knowledge base where no version can change the one that is there, for example its
            embedder; the old one serves until the new one has answered, and is deleted then.
        allow_other_reading: Let a version be built that reads less of the documents, or otherwise, than the one in
            service: other extensions, extractors or splitters.
        promote_refused: Id of a version to put in service although golden questions have refused it.
        approve_above_rub_per_hour: Wait for approval in the UI when the models to start cost more than this by the
            hour, or when the catalogue does not tell what they cost.
        on_failure: Whether the models and the knowledge base that this run has created stay when it fails.
        lock_wait_s: Seconds to wait while another run of the same stack is at work.
        promoted_embedder: Of earlier releases, passed over.

    """
    with provisioning_run(cloud, huggingface, stack.knowledge_base.name, lock_wait_s) as (cloudru, hub, lock):
        pass_over("promoted_embedder", promoted_embedder, TUNED)
        allowed = Allowed(replace=allow_replace, other_reading=allow_other_reading)
        look = partial(prepare, cloudru, hub, stack, allowed, promote_refused)
        if plan_only:
            return look().plan
        found = look_until_allowed(cloudru, lock, look, approve_above_rub_per_hour)
        stack, plan = found.stack, found.plan
        checked, seen = found.checked, found.seen

        base = stack.knowledge_base
        keep_wanted(cloudru, passed(found.wanted), passed(seen), plan)
        bucket = ensure_bucket.submit(cloudru, stack.bucket)
        documents = upload_documents.submit(cloudru, bucket, stack.folder, checked.documents, passed(seen.documents))
        secret = ensure_secret.submit(cloudru, hub, stack.token_secret, stack.token_secret_description)

        runs, ready = [], []
        for model in stack.models:
            runs.append(ensure_inference.submit(cloudru, model, passed(checked), secret))
            ready.append(wait_for_inference.submit(cloudru, model, runs[-1]))
        embedder, reranker, llm = ready

        wanted = WantedBase(base, allowed, tuple(each.knowledgebase_id for each in seen.strangers))
        ensured = ensure_knowledge_base.submit(cloudru, wanted, bucket, documents, embedder)
        index = wait_for_index.submit(cloudru, base, ensured)
        quarantine_unreadable.submit(cloudru, passed(checked), documents, index, base.name)
        answer = verify.submit(cloudru, passed(stack), index, reranker, llm)
        judged = judge_stack.submit(cloudru, passed(stack), found.by, index, [reranker, llm], wait_for=[answer])
        serving = put_in_service.submit(cloudru, passed(plan), index, judged)
        kept = keep_provisioned.submit(cloudru, passed(stack), passed(plan), serving)
        try:
            wait_for_steps()
            made = Provisioned(
                plan=plan,
                bucket=bucket.result(),
                documents=documents.result(),
                secret=secret.result(),
                runs=[each.result() for each in runs],
                models=[each.result() for each in ready],
                knowledge_base=ensured.result(),
                index=index.result(),
                answer=answer.result(),
                in_service=serving.result(),
            )
            return report.submit(cloudru, cloud, made, wait_for=[kept]).result()
        except Exception:
            created = created_ids([*runs, ensured])
            after_failure(cloudru, plan, on_failure, created, answered=judged.state.is_completed())
            raise
