"""Arrows point one way: flows -> DVC -> stages -> shared modules; heavy imports stay in place."""

import subprocess
import sys
import time

import pytest

from tests.contract.imports import ROOT, modules_of, parts_of_tasks, rooms, top_level_imports

# Who may import what is slow to import or speaks to another layer.
ALLOWED = {
    "tensorflow": {"tasks/train", "tasks/evaluate", "tasks/explain", "tasks/classifier.py"},
    "keras": {"tasks/train", "tasks/evaluate", "tasks/explain", "tasks/classifier.py"},
    "dvclive": {"tasks/train"},
    "great_expectations": {"tasks/validate"},
    "prefect": {"flows"},
    "dvc": {"flows"},
    "flows": {"flows"},
}
HEAVY = ("tensorflow", "keras", "great_expectations", "prefect", "dvc", "pandas", "matplotlib")
CODE = [*modules_of("tasks"), *modules_of("flows")]


@pytest.mark.parametrize("package", ALLOWED)
def test_heavy_imports_stay_where_they_belong(package: str) -> None:
    users = {
        module.relative_to(ROOT).as_posix()
        for module in CODE
        if package in top_level_imports(module)
    }
    strangers = {
        user for user in users if not any(user.startswith(place) for place in ALLOWED[package])
    }
    assert not strangers


@pytest.mark.parametrize("room", sorted(rooms()))
def test_a_room_imports_no_other_room(room: str) -> None:
    reached = set().union(*(parts_of_tasks(module) for module in modules_of(f"tasks/{room}")))
    assert not reached & (rooms() - {room})


def test_shared_modules_import_no_room() -> None:
    for module in (ROOT / "tasks").glob("*.py"):
        assert not parts_of_tasks(module) & rooms(), module.name


def test_flows_import_no_room() -> None:
    for module in modules_of("flows"):
        assert not parts_of_tasks(module) & rooms(), module.name


@pytest.mark.parametrize("stage", sorted(rooms()))
def test_help_answers_within_two_seconds_without_heavy_imports(stage: str) -> None:
    start_s = time.monotonic()
    program = (
        f"import runpy, sys; sys.argv = ['{stage}', '--help']\n"
        f"try: runpy.run_module('tasks.{stage}', run_name='__main__')\n"
        f"except SystemExit: print('HEAVY', sorted(set({HEAVY}) & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "HEAVY []" in shown
    assert f"python -m tasks.{stage}" in shown
    assert time.monotonic() - start_s < 2
