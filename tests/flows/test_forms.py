"""Parameters that servers hold in schedules and deployments keep their names, types, defaults and order."""

import json

import pytest

from tests.flows.forms import PATH, forms
from tests.flows.test_parameters import FLOWS

KEPT = json.loads(PATH.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [flow.name for flow in FLOWS])
def test_a_form_is_as_servers_know_it(name: str) -> None:
    """A change of a parameter is a change of forms.json, seen in review, with a line in CHANGELOG."""
    assert forms()[name] == KEPT[name]


def test_every_flow_is_kept() -> None:
    """No flow has gone, and none is new without its form."""
    assert {flow.name for flow in FLOWS} == set(KEPT)
