"""The program from the command line: killed, refused, resumed, sealed and published."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.tables import SAMPLES_SCHEMA, read_table
from tests.external_cohorts import HOME
from tests.films import ROOT, jpeg, stage_environment, write_tree
from tests.studies.recipes.cohort import open_cohort
from tests.studies.recipes.work_folder import WorkFolder

CLINIC = {
    **{f"Covid/c{number}.jpeg": jpeg(3000 + number) for number in range(12)},
    **{f"Normal/n{number}.jpeg": jpeg(4000 + number) for number in range(12)},
    **{f"Other/o{number}.jpeg": jpeg(5000 + number) for number in range(4)},
    "Covid/seen.jpeg": HOME["chest_xray/train/PNEUMONIA/person0_bacteria_0.jpeg"],
    "Normal/tested.jpeg": HOME["chest_xray/test/NORMAL/IM-0005-0001.jpeg"],
}
TRIAL = "none-32px-3epochs-seed0"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("search")
    write_tree(root / "home", HOME)
    write_tree(root / "clinic", CLINIC)
    return root


def command(place: Path, *options: str) -> list[str]:
    sources = ["--source", str(place / "home"), "--external", f"clinic={place / 'clinic'}"]
    classes = ["--classes", "clinic:COVID=PNEUMONIA,OTHER="]
    size = ["--size-px", "32", "--epochs", "3", "--seeds", "1", "--recipes", "none"]
    program = [sys.executable, "-m", "tests.studies.recipes", "--work", str(place / "work")]
    return [*program, *sources, *classes, *size, *options]


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, cwd=ROOT, env=stage_environment(), capture_output=True, text=True,
        timeout=900, check=False,
    )  # fmt: skip


def wait_for(path: Path, program: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + 600
    while not path.exists():
        assert program.poll() is None
        assert time.monotonic() < end_s
        time.sleep(0.05)


@pytest.fixture(scope="module")
def resumed(place) -> tuple[str, str]:
    """Kill a search inside its first network; return what a second one said, and the next call."""
    with (place / "log").open("wb") as log:
        program = subprocess.Popen(
            command(place), cwd=ROOT, env=stage_environment(), stderr=log, stdout=log
        )
        wait_for(place / "work/trials" / f"{TRIAL}-whole" / "checkpoints/seed0", program)
        os.kill(program.pid, signal.SIGSTOP)  # it keeps the lock, and trains no further
        refused = run(command(place))
        os.kill(program.pid, signal.SIGKILL)
        program.wait()
    done = run(command(place))
    assert done.returncode == 0, done.stderr
    return refused.stderr, done.stderr


def test_a_second_search_is_refused_and_the_next_one_goes_on_inside(place, resumed):
    refused, log = resumed
    assert "another one holds the lock" in refused
    assert "resuming after epoch" in log
    facts = {part: read_json(place / f"work/trials/{TRIAL}-{part}/trial.json")
             for part in ("whole", "held_out")}  # fmt: skip
    assert facts["whole"]["seconds"] is None  # it was stopped inside
    assert facts["held_out"]["seconds"] > 0
    again = run(command(place))
    assert "epochs" not in again.stderr  # nothing is trained twice
    assert "winner: open" in again.stdout


@pytest.mark.usefixtures("resumed")
def test_external_films_that_any_split_at_home_holds_are_left_out(place):
    work = WorkFolder(place / "work")
    judged = read_table(SAMPLES_SCHEMA, work.squares("32px") / paths.external_samples("clinic"))
    names = set(judged["path"])
    assert "Normal/tested.jpeg" in names  # the pipeline judges it
    assert "Covid/seen.jpeg" not in names
    cohort = open_cohort(work, "32px", "NORMAL")
    films = cohort.external["clinic"]
    assert len(films.image_ids) == 24
    assert sorted(films.positive) == [False] * 12 + [True] * 12
    assert set(cohort.samples["split"]) == {"train", "val"}


@pytest.mark.usefixtures("resumed")
def test_other_settings_are_refused_with_their_names(place):
    done = run([word.replace("OTHER=", "OTHER=NORMAL") for word in command(place)])
    assert done.returncode == 1
    assert "other values of external_classes.clinic.OTHER" in done.stderr


@pytest.mark.usefixtures("resumed")
def test_the_test_is_sealed_then_opened_and_then_nothing_is_trained(place):
    record, work = place / "record.json", str(place / "work")
    page = [sys.executable, "-m", "tests.studies.recipes.publish", work, "--record", str(record)]
    assert run(page).returncode == 0
    assert read_json(record)["searches"][0]["test"] == {}
    assert "no sealed file" in run([*page, "--test", "--anyway"]).stderr
    sealed = run([sys.executable, "-m", "tests.studies.recipes", "--work", work, "--final"])
    assert "networks sealed: 1" in sealed.stderr
    assert "0." not in sealed.stdout + sealed.stderr  # no score is shown
    assert run(command(place)).returncode == 0  # the test is not open yet
    assert run([*page, "--test", "--anyway"]).returncode == 0
    (search,) = read_json(record)["searches"]
    assert set(search["test"]["none"]) >= {"auroc", "sensitivity", "specificity"}
    assert search["films"]["external/clinic"] == {"positive": 12, "negative": 12, "patients": 24}
    assert len(search["films_sha256"]) == 64
    assert "opened the test scores" in run(command(place)).stderr
    assert run(page).returncode == 0
    assert read_json(record)["searches"] == [search]  # what was opened stays
