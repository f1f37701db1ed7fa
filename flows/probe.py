"""Compare what is assumed of a cloud with what it answers."""

from prefect import flow

from flows.parameters import AnswersFolder, EitherCloud, Looks, Spend, in_order
from flows.specs import LookAt, ProbeReport
from tasks.probing.report import look_at_cloud, report_probe, tests_for
from tasks.probing.small_tests import make_tests
from tasks.run.approval import wait_for_spending
from tasks.run.runs import probing_run
from tasks.run.steps import THREADS


@in_order
@flow(name="probe-cloud", task_runner=THREADS)
def probe_cloud(
    cloud: EitherCloud = "sandbox",
    look_at: Looks = LookAt(),  # noqa: B008  # frozen
    *,
    spend: Spend = False,
    answers_folder: AnswersFolder = "",
) -> ProbeReport:
    """Say of each assumption about the cloud whether it holds, differs, or cannot be told without creating.

    It only reads, unless `spend` is on; what fails is a row of the result.

    Args:
        cloud: Name of a block "Cloud.ru Credentials" or "Yandex Cloud Credentials"; its type tells which cloud is
            asked. Where both types have the name, write the type before it, `yandex-cloud-credentials/NAME`.
        look_at: What is looked at beside what a project lists by itself.
        spend: Make small tests too, which create something and delete it, after an approval that names each with its
            price. None starts a model.
        answers_folder: Folder for the answers, a file each, with every secret, id and text replaced; left empty, they
            are an artifact.

    """
    with probing_run(cloud) as credentials:
        looked = look_at_cloud(credentials, look_at)
        tests = tests_for(credentials, looked) if spend else []
        if tests:
            wait_for_spending(cloud, tests)
            looked = make_tests(credentials, looked, tests)
        return report_probe(credentials, cloud, looked, answers_folder)
