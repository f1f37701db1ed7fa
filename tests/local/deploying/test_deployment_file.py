"""What is wrong in deployments.yaml or automations.yaml is one line that says where, before anything is changed."""

from pathlib import Path

import pytest

from local.deploying import automation_file, deployment_file
from local.errors import LocalError

HEAD = "deployments:\n  - name: mine\n    entrypoint: flows/status.py:status_rag\n"
ENTRY = HEAD.replace("flows/status.py", "flows/power.py")


@pytest.mark.usefixtures("prefect_storage")
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ENTRY + "    schedules: [{cron: '0 25 * * *'}]\n", r"^deployments.yaml: mine \(flows/power.py:.*cron"),
        (ENTRY + "    schedules: [{cron: '0 5 * * *', timezone: Nowhere}]\n", "Nowhere"),
        (ENTRY + "    schedules: [{slug: never}]\n", r"schedules\.0.*Exactly one of 'cron', 'interval', or 'rrule'"),
        (HEAD, r"^deployments.yaml: mine \(flows/status.py:status_rag\): .*flows/status.py"),
        (
            "deployments:\n  - entrypoint: flows/power.py:status_rag\n",
            "a deployment without a name .*: name is missing$",
        ),
        ("deployments:\n  - name: mine\n", "mine .*: entrypoint is missing$"),
        (ENTRY + "    triggers: [{type: event}]\n", "mine .*: triggers: take automations.yaml, which is compared$"),
        ("deployments: 3\n", "^deployments.yaml is not what Prefect reads: "),
        ("deployments: [\n", "^deployments.yaml is not YAML: "),
    ],
    ids=["cron", "time zone", "no time", "no file", "no name", "no entrypoint", "triggers", "no list", "no YAML"],
)
def test_a_wrong_deployment(tmp_path: Path, text: str, complaint: str) -> None:
    """The line names the file, the deployment and what is wrong with it."""
    path = tmp_path / "deployments.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LocalError, match=complaint) as caught:
        deployment_file.read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "automations:\n", "- one\n"])
def test_automations_without_a_list(tmp_path: Path, text: str) -> None:
    """How to write none at all is said."""
    path = tmp_path / "automations.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LocalError, match=r"^automations.yaml has no list `automations`; .* is `automations: \[\]`$"):
        automation_file.read(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Its path is told."""
    for read in (deployment_file.read, automation_file.read):
        with pytest.raises(LocalError, match=r"nowhere.yaml cannot be read: No such file or directory$"):
            read(tmp_path / "nowhere.yaml")


@pytest.mark.usefixtures("prefect_storage")
def test_secrets_stay_in_their_blocks(tmp_path: Path) -> None:
    """Pull steps are compared as they are written, with variables of the environment filled in."""
    path = tmp_path / "deployments.yaml"
    steps = "pull:\n  - a.step: {token: '{{ prefect.blocks.secret.git }}', branch: '{{ $BRANCH }}'}\n"
    path.write_text(steps + ENTRY, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRANCH", "main")
        [wanted] = deployment_file.read(path).deployments
    assert wanted.fields["pull_steps"] == [{"a.step": {"token": "{{ prefect.blocks.secret.git }}", "branch": "main"}}]
