"""The runs of many stacks that are measured."""

from pathlib import Path

from bench.fleet_stacks import parameters, stacks


def test_a_stack_is_given_by_its_name(tmp_path: Path) -> None:
    """As a schedule gives it."""
    (stack,) = stacks(1, tmp_path)

    assert parameters(stack, force=True) == {"stack": stack.knowledge_base.name, "delete_missing": True, "force": True}
