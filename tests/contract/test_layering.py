"""Arrows point one way: flows -> DVC -> rooms -> core; heavy imports stay in place."""

import subprocess
import sys
import time
from graphlib import TopologicalSorter

import pytest

from tests.contract.imports import ROOT, imports_of, modules_of, rooms, top_level_imports

# Who may import what is slow to import or speaks to another layer.
ALLOWED = {
    "tensorflow": {"tasks/train", "tasks/evaluate", "tasks/explain", "tasks/core/classifier.py"},
    "keras": {"tasks/train", "tasks/evaluate", "tasks/explain", "tasks/core/classifier.py"},
    "dvclive": {"tasks/train"},
    "great_expectations": {"tasks/validate"},
    "prefect": {"flows"},
    "dvc": {"flows"},
    "flows": {"flows"},
}
HEAVY = ("tensorflow", "keras", "great_expectations", "prefect", "dvc", "pandas", "matplotlib")
CODE = [*modules_of("tasks"), *modules_of("flows")]


def folders_reached(package: str) -> set[str]:
    """Folders of tasks/ that the files of a package import from, by their bare name."""
    files = set().union(*(imports_of(module) for module in modules_of(package)))
    places = (file.relative_to(ROOT).parts for file in files)
    return {parts[1] for parts in places if parts[0] == "tasks" and len(parts) > 2}


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


def test_tasks_holds_one_folder_for_each_room_and_core_and_no_module() -> None:
    folders = {path.parent.name for path in (ROOT / "tasks").glob("*/__init__.py")}
    assert folders == {*rooms(), "core"}
    assert [path.name for path in (ROOT / "tasks").glob("*.py")] == ["__init__.py"]


def test_the_package_names_the_rooms_in_the_order_of_the_dag() -> None:
    lines = (ROOT / "tasks/__init__.py").read_text(encoding="utf-8").splitlines()
    named = [line.split()[0] for line in lines if line[:1].isalpha()]
    assert named == rooms()


@pytest.mark.parametrize("room", rooms())
def test_a_room_imports_itself_and_core(room: str) -> None:
    assert folders_reached(f"tasks/{room}") <= {room, "core"}


def test_core_imports_no_room() -> None:
    assert folders_reached("tasks/core") == {"core"}


def test_flows_import_no_room() -> None:
    assert folders_reached("flows") <= {"core"}


def test_no_module_imports_itself_through_others() -> None:
    TopologicalSorter({module: imports_of(module) for module in CODE}).prepare()


@pytest.mark.parametrize("stage", rooms())
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
