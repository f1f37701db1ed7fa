"""Provision a managed RAG stack on Cloud.ru: the tutorial, step by step."""

from prefect import flow

from flows.specs import RagStack, StackReport
from tasks.checks import check_stack
from tasks.credentials import credentials
from tasks.inference import ensure_inference, wait_for_inference
from tasks.knowledge import ensure_knowledge_base, wait_for_index
from tasks.query import verify
from tasks.report import report
from tasks.secret import ensure_secret
from tasks.steps import THREADS, finish, recorded_steps
from tasks.storage import ensure_bucket, upload_documents


@flow(name="provision-rag", task_runner=THREADS)
def provision_rag(stack: RagStack = RagStack(), cloud: str = "sandbox", huggingface: str = "sandbox") -> StackReport:  # noqa: B008  # frozen
    """Bring documents, three models and a knowledge base up on Cloud.ru, and prove that they answer.

    Running it again adopts what is there: it is also the recovery procedure.

    Args:
        stack: What is wanted; the defaults are the tutorial's.
        cloud: Name of the block "Cloud.ru Credentials".
        huggingface: Name of the block "Hugging Face Credentials".

    """
    models, base = (stack.embedder, stack.reranker, stack.llm), stack.knowledge_base
    with recorded_steps(), credentials(cloud, huggingface) as (cloudru, hub):
        plan = check_stack(
            cloudru,
            hub,
            sources=stack.documents,
            size_limit_bytes=stack.document_size_limit_bytes,
            bucket=stack.bucket,
            folder=stack.folder,
            models=models,
            knowledge_base=base,
        )

        bucket = ensure_bucket.submit(cloudru, stack.bucket)
        documents = upload_documents.submit(cloudru, bucket, stack.folder, plan.documents)
        secret = ensure_secret.submit(cloudru, hub, stack.token_secret)

        runs, ready = [], []
        for model in models:
            runs.append(ensure_inference.submit(cloudru, model, plan, secret))
            ready.append(wait_for_inference.submit(cloudru, model, runs[-1]))
        embedder, reranker, llm = ready

        ensured = ensure_knowledge_base.submit(cloudru, base, bucket, documents, embedder)
        index = wait_for_index.submit(cloudru, base, ensured)
        answer = verify.submit(cloudru, index, reranker, llm, stack.probe, stack.retrieval)

        result = report.submit(cloudru, cloud, bucket, documents, secret, runs, ready, ensured, index, answer)
        finish([bucket, documents, secret, *runs, *ready, ensured, index, answer, result])
        return result.result()
