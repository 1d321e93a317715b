"""The commands of the README run, and its tables agree with the code."""

import re
import shutil
from collections.abc import Iterator

import pytest
from _pytest.mark import ParameterSet

from tasks.core import paths
from tasks.report.readme_results import read_records, results_table, with_table
from tests.conftest import Clone, FirstRun
from tests.contract.imports import ROOT, STAGES, stage_rooms

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
RUN_BY_THE_FIXTURE = {"make run"}
THIS_RUN = {"make test"}  # .ci/run calls it


@pytest.fixture(scope="module")
def clone_to_change(first_run: FirstRun) -> Iterator[Clone]:
    """The small clone; it is restored afterwards, because other tests check its first run."""
    yield first_run.clone
    first_run.restore()


def after_the_first_run() -> Iterator[ParameterSet]:
    """The commands of the README after `make run`; an experiment trains again, so it is slow."""
    for line in COMMANDS:
        if line not in RUN_BY_THE_FIXTURE | THIS_RUN:
            is_slow = line.startswith("dvc exp run")
            yield pytest.param(line, marks=[pytest.mark.slow] if is_slow else [])


@pytest.mark.parametrize("command", list(after_the_first_run()))
def test_command_of_the_readme_runs(clone_to_change: Clone, command: str) -> None:
    root = clone_to_change.root
    if archive := re.search(r"=(data/raw/\w+)\.zip", command):
        shutil.make_archive(str(root / archive[1]), "zip", root / "data/phantom/kaggle")
    done = clone_to_change.run(command)
    assert done.returncode == 0, done.stdout


def test_ci_runs_the_command_of_the_readme() -> None:
    assert "make test" in COMMANDS
    assert (ROOT / ".ci/run").read_text().rstrip().endswith("make test")


def test_the_commands_of_the_readme_are_found() -> None:
    assert set(COMMANDS) >= RUN_BY_THE_FIXTURE
    assert len(COMMANDS) >= 8


def test_results_are_generated_from_the_records() -> None:
    table = results_table(read_records(ROOT / paths.RECORDS))
    assert with_table(README, "results", table) == README


def test_stage_table_has_every_stage_once() -> None:
    section = README.partition("## What comes out")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", section, flags=re.MULTILINE)
    named = [re.findall(r"`([a-z-]+)(?:@[MC])?`", cell) for cell in first_cells]
    assert sorted(name for names in named for name in names) == sorted(STAGES)
    in_order = [names[0] for names in named]
    assert in_order == sorted(in_order, key=list(STAGES).index)


def test_every_file_the_readme_links_to_exists() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    files = [target for target in targets if not target.startswith("https://")]
    assert files
    for target in files:
        assert (ROOT / target).exists(), target


def test_the_picture_of_the_dag_has_the_rooms_in_the_order_of_dvc_yaml() -> None:
    (chain,) = re.findall(r"^  source\[\(films\)\] --> (.+)$", README, flags=re.MULTILINE)
    assert chain.split(" --> ") == stage_rooms()


def test_readme_is_a_manual_of_at_most_170_lines() -> None:
    assert len(README.splitlines()) <= 170


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z-]+)`", README):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
