"""Ask a stack a question."""

from prefect import flow

from flows.parameters import CloudRu, Question, Stack
from flows.specs import RagStack
from tasks.answer import AnswerReport, ask_version, report_answer
from tasks.credentials import cloud_credentials
from tasks.steps import THREADS, recorded_steps
from tasks.version import find_version_in_service


@flow(name="ask-rag", task_runner=THREADS)
def ask_rag(question: Question, stack: Stack = RagStack(), cloud: CloudRu = "sandbox") -> AnswerReport:  # noqa: B008  # frozen
    """Answer a question, with its sources, from the version in service; from the newest when none was promoted.

    Args:
        question: What is asked.
        stack: The stack, as it was provisioned.
        cloud: Name of the block "Cloud.ru Credentials".

    """
    with recorded_steps(), cloud_credentials(cloud) as cloudru:
        asked = find_version_in_service(cloudru, stack)
        answer = ask_version(cloudru, asked, question)
        return report_answer(asked, answer)
