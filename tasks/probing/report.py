"""The result of a probe, its two tables, and the answers as files that can be sent in."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from prefect import get_run_logger
from upath import UPath

from blocks.cloudru import CloudRuCredentials
from clouds.errors import ConfigurationError
from domain.keys import StackKey, TuningKey
from domain.markdown import code, page
from domain.probing import cloudru, yandex
from domain.probing.finding import UNTOLD, Rule, judge
from domain.probing.look_at import LookAt
from domain.probing.made import Made
from domain.probing.result import AssumptionRow, ProbeReport, rows_of, table
from domain.probing.samples import Sample, samples
from domain.probing.seen import Seen
from domain.probing.small_tests import CLOUDRU, YANDEX, SmallTest, made_for
from tasks.probing.cloudru import look_at_cloudru
from tasks.probing.yandex import look_at_yandex
from tasks.run.artifacts import PageOwner, write_page, write_table
from tasks.run.credentials import EitherCloud
from tasks.run.looks import Looked
from tasks.run.prices import billing_note
from tasks.run.probe_left import left_behind
from tasks.run.results import keep_result
from tasks.run.steps import step


def look_at_cloud(cloud: EitherCloud, look_at: LookAt) -> Looked:
    """Look at the cloud that the block is of."""
    if isinstance(cloud, CloudRuCredentials):
        return look_at_cloudru(cloud, look_at)
    return look_at_yandex(cloud, look_at)


THEN = "a run with spend deletes it, or delete it in the console"


def tests_for(cloud: EitherCloud, looked: Looked) -> list[SmallTest]:
    """Return the small tests that this flow can make and that would show what no answer has shown so far."""
    untold = [row.assumption for row in rows(cloud, looked) if row.verdict == UNTOLD]
    return made_for(untold, _rules_and_tests(cloud)[1])


def rows(cloud: EitherCloud, looked: Looked) -> tuple[AssumptionRow, ...]:
    """Return the row of each assumption of the block, from what was seen."""
    rules, tests = _rules_and_tests(cloud)
    return rows_of(judge(cloud.assumptions, rules, looked.seen), tests)


def _rules_and_tests(cloud: EitherCloud) -> tuple[Mapping[str, Rule[Seen]], Mapping[str, SmallTest]]:
    """Return by the place of an assumption the rule that compares it, and the small test that would tell."""
    return (cloudru.RULES, CLOUDRU) if isinstance(cloud, CloudRuCredentials) else (yandex.RULES, YANDEX)


@step("report")
def report_probe(cloud: EitherCloud, name: str, looked: Looked, folder: str) -> ProbeReport:
    """Write both tables and the answers, and return the flow's result."""
    owner: PageOwner = (
        StackKey(cloud.project_id, "") if isinstance(cloud, CloudRuCredentials) else TuningKey(cloud.folder_id, "")
    )
    found = samples(looked.seen.answers, datetime.now(UTC).date().isoformat(), looked.secrets)
    vendor = "Cloud.ru" if isinstance(cloud, CloudRuCredentials) else "Yandex Cloud"
    report = ProbeReport(
        cloud=name,
        vendor=vendor,
        assumptions=rows(cloud, looked),
        calls=looked.calls,
        tests_made=looked.tests,
        left=_left(cloud, looked.left),
        samples=_written(owner, folder, found, vendor),
    )
    described = "\n\n".join(filter(None, (f"{vendor}, block {name}: {report.counts}", billing_note(cloud))))
    write_table(owner, "probe", table(report.assumptions), described)
    calls = [call.model_dump() for call in report.calls]
    write_table(owner, "probe-calls", calls, f"{vendor}, block {name}: what was asked. Answers: {report.samples}")
    for what in report.left:
        get_run_logger().warning("%s", what)
    get_run_logger().info("%s: %s. Answers: %s", vendor, report.counts, report.samples)
    return keep_result(owner, "probe", report)


def _left(cloud: EitherCloud, known: Sequence[Made]) -> tuple[str, ...]:
    """Return in words what this probe has left, and what an earlier one has."""
    earlier = [made for made in left_behind(cloud) if made not in known]
    return (
        *(f"{made} may be left: delete it in the console" for made in known),
        *(f"{made} is left of a small test of an earlier probe: {THEN}" for made in earlier),
    )


def _written(owner: PageOwner, folder: str, found: Sequence[Sample], vendor: str) -> str:
    """Write the answers into the folder, else on a page; return where they are."""
    if not folder:
        texts = [page(code(sample.name), f"```json\n{sample.text}```") for sample in found]
        write_page(owner, "probe-answers", page(*texts), f"{len(found)} answers of {vendor}, ids and texts replaced")
        return f"artifact {owner.artifact('probe-answers')}"
    place = UPath(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        for sample in found:
            (place / sample.name).write_text(sample.text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"the folder {folder} cannot be written ({error.strerror}); name another") from error
    return f"{len(found)} files in {folder}"
