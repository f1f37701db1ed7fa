"""Ask a stack a question."""

from prefect import flow

from domain.reports.answer import AnswerReport
from flows.parameters import CloudRu, Question, Stack, in_order
from tasks.run.results import keep_result
from tasks.run.runs import cloud_run
from tasks.run.steps import THREADS
from tasks.stack.answer import ask_version, name_models, report_answer
from tasks.stack.kept_stack import find_stack
from tasks.stack.version import find_version_in_service


@in_order
@flow(name="ask-rag", task_runner=THREADS)
def ask_rag(question: Question, stack: Stack = "kb-rag-with-inference", cloud: CloudRu = "sandbox") -> AnswerReport:
    """Answer a question, with its sources, from the version in service; from the newest when none was promoted.

    Args:
        question: What is asked.
        stack: Name under which the stack is kept, that of its knowledge base; or the stack whole.
        cloud: Name of the block "Cloud.ru Credentials".

    """
    with cloud_run(cloud) as cloudru:
        found = find_stack(cloudru, stack)
        asked = find_version_in_service(cloudru, found.stack)
        answer = ask_version(cloudru, asked, question)
        models = name_models(cloudru, asked)
        return keep_result(asked.stack, "answer", found.named(report_answer(asked, answer, models)))
