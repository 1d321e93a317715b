"""The README is true: its commands run, its tables are what the code says."""

import re
import shutil
from collections.abc import Iterator

import pytest

from tasks.core.atomic import read_json
from tasks.report.readme_results import RECORDS, read_records, results_table, with_table
from tests.benchmarks.__main__ import RECORD, benchmarks_table
from tests.conftest import Clone, FirstRun
from tests.contract.imports import ROOT, rooms
from tests.studies.recipes.publish import RECORD as RECIPES
from tests.studies.recipes.publish import recipes_table

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
RUN_BY_THE_FIXTURE = {"make run"}
THIS_VERY_RUN = {"make test"}  # .ci/run types it


@pytest.fixture(scope="module")
def clone_to_change(first_run: FirstRun) -> Iterator[Clone]:
    """The small clone, restored when the commands have run: other tests judge its first run."""
    yield first_run.clone
    first_run.restore()


@pytest.mark.parametrize(
    "command", [line for line in COMMANDS if line not in RUN_BY_THE_FIXTURE | THIS_VERY_RUN]
)
def test_command_of_the_readme_runs(clone_to_change: Clone, command: str) -> None:
    root = clone_to_change.root
    if "data/raw/chest_xray.zip" in command:
        shutil.make_archive(str(root / "data/raw/chest_xray"), "zip", root / "data/phantom/kaggle")
    done = clone_to_change.run(command)
    assert done.returncode == 0, done.stdout


def test_ci_types_the_command_of_the_readme() -> None:
    assert "make test" in COMMANDS
    assert (ROOT / ".ci/run").read_text().rstrip().endswith("make test")


def test_every_command_is_known_to_this_test() -> None:
    assert set(COMMANDS) >= RUN_BY_THE_FIXTURE
    assert len(COMMANDS) >= 8


def test_results_are_generated_from_the_records() -> None:
    table = results_table(read_records(ROOT / RECORDS))
    assert with_table(README, "results", table) == README


def test_table_of_benchmarks_is_generated_from_the_record() -> None:
    table = benchmarks_table(read_json(ROOT / RECORD))
    assert with_table(README, "benchmarks", table) == README


def test_table_of_recipes_is_generated_from_the_record() -> None:
    table = recipes_table(read_json(ROOT / RECIPES))
    assert with_table(README, "recipes", table) == README


def test_stage_table_has_every_stage_once() -> None:
    section = README.partition("## What you get")[2].partition("\n## ")[0]
    named = re.findall(r"^\| `([a-z]+)(?:@M)?` \|", section, flags=re.MULTILINE)
    assert sorted(named) == sorted(rooms())


def test_every_path_the_readme_links_to_exists() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z-]+)`", README):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
