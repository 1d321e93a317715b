"""`python -m tasks.monitor` as a program: what it writes, what it keeps, what it refuses."""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tasks.core import paths
from tasks.core.errors import LunglineError
from tasks.core.verdicts import MARK_COLUMNS
from tasks.monitor.__main__ import main
from tests.films import run_stage, stage_environment, tree_hash
from tests.monitored_films import brighter, changed, draw_films, watched_site
from tests.small_onnx import small_onnx


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return watched_site(tmp_path_factory.mktemp("made") / "site")


@pytest.fixture
def site(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "site")
    monkeypatch.chdir(tmp_path / "site")
    return tmp_path / "site"


def look(inbox: str = "inbox") -> dict:
    """Run the program in this process: to start one takes two seconds."""
    main(argparse.Namespace(inbox=Path(inbox), network=Path("network"), result=None))
    return json.loads(paths.MONITOR_JSON.read_text())


def refusal(inbox: str = "inbox") -> str:
    with pytest.raises(LunglineError) as caught:
        look(inbox)
    assert not paths.MONITOR_HTML.exists()
    return str(caught.value)


def test_every_file_is_accounted_for_and_the_inbox_stays_as_it_is(site: Path) -> None:
    inbox = site / "inbox"
    film = sorted(inbox.iterdir())[0]
    shutil.copy(film, inbox / "=again.jpeg")
    shutil.copy(sorted((site / "films").iterdir())[0], inbox / "known.jpeg")
    cut_film = inbox / os.fsdecode(b"cut\xff.jpeg")  # a name that is not UTF-8
    cut_film.write_bytes(film.read_bytes()[:1000])
    (inbox / "<b>notes.txt").write_bytes(b"?")
    (inbox / "Thumbs.db").write_bytes(b"x")
    (inbox / "way out").symlink_to("/etc/hostname")
    before = tree_hash(inbox)
    result = look()
    assert tree_hash(inbox) == before
    counts = result["n_files"]
    assert counts == {
        **{"found": 20, "scored": 15, "repeated": 1, "quarantined": 3, "junk": 1, "compared": 14}
    }
    assert [one["path"] for one in result["known"]] == ["known.jpeg"]
    aside = {one["path"]: one for one in result["quarantine"]}
    assert set(aside) == {r"cut\xff.jpeg", "<b>notes.txt", "way out"}
    folder = site / paths.quarantine_dir(result["inbox"])
    kept = (folder / aside[r"cut\xff.jpeg"]["copy"]).read_bytes()
    assert kept == cut_film.read_bytes()
    assert aside["way out"]["copy"] is None
    page = (site / paths.MONITOR_HTML).read_text()
    assert "&lt;b&gt;notes.txt" in page
    assert "<b>notes" not in page
    assert str(site) not in page


def test_each_inbox_has_one_row_in_the_order_in_which_they_came(site: Path) -> None:
    changed(sorted((site / "inbox").iterdir()), site / "bright", brighter)
    first = look()
    second = look("bright")
    third = look()
    assert (first["drifted"], second["drifted"]) == (False, True)
    assert [row["inbox"] for row in third["history"]] == [first["inbox"], second["inbox"]]
    assert (first["is_new"], third["is_new"]) == (True, False)
    assert third["history"][1]["first_feature"] == "Brightness"


def test_labels_that_arrive_later_become_measured_performance(site: Path) -> None:
    result = look()
    assert result["history"][0]["measured"]["n_labelled"] == 0
    with (site / paths.monitored_films(result["inbox"])).open(newline="") as file:
        films = list(csv.DictReader(file))
    marks = site / "data/corrections/ab.csv"
    with marks.open("w", newline="") as file:
        writer = csv.DictWriter(file, MARK_COLUMNS, restval="")
        writer.writeheader()
        for film in films[:10]:
            label = film["path"].partition("-")[0]
            same = label == film["call"]
            writer.writerow(
                {
                    "image_id": film["image_id"],
                    "label_seen": film["call"],
                    "verdict": "agree" if same else "wrong_label",
                    "label": "" if same else label,
                }
            )
        writer.writerow({"image_id": films[10]["image_id"], "verdict": "poor_film"})
    found = look()
    measured = found["history"][0]["measured"]
    sick = [film for film in films[:10] if film["path"].startswith("PNEUMONIA")]
    hits = sum(film["called_positive"] == "yes" for film in sick)
    assert measured["n_labelled"] == 10
    assert measured["sensitivity"]["value"] == pytest.approx(hits / len(sick))
    assert measured["sensitivity"]["low"] < measured["sensitivity"]["high"]
    assert found["n_unclear_labels"] == 1
    assert "Labelled films" in (site / paths.MONITOR_HTML).read_text()


@pytest.mark.usefixtures("site")
def test_an_inbox_of_known_films_has_nothing_to_compare() -> None:
    result = look("films")
    assert result["drifted"] is None
    assert result["headline"].startswith("Nothing to compare: the network learned from all 70")


def test_a_refusal_is_one_message_and_exit_code_1(site: Path) -> None:
    done = run_stage("monitor", site, "--inbox", "missing", "--network", "network")
    assert done.returncode == 1
    assert done.stderr.startswith("[monitor] ERROR: an inbox must be a folder that holds films")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "words"), [("missing", "no such folder"), ("empty", "no file"), ("file", "no folder")]
)
def test_an_inbox_that_is_none_is_refused(site: Path, name: str, words: str) -> None:
    (site / "empty").mkdir()
    (site / "file").write_bytes(b"")
    assert f"found: {words}" in refusal(name)


def test_a_network_of_other_classes_is_refused(site: Path) -> None:
    small_onnx(site / "network", classes=["HEALTHY", "SICK"], negative_class="HEALTHY")
    assert "classes NORMAL, PNEUMONIA; the network has HEALTHY, SICK" in refusal()


def test_another_network_of_the_same_classes_is_refused(site: Path) -> None:
    small_onnx(site / "network", bias=0.5)
    assert "that at hand is" in refusal()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-500])


def without_numbers(file: Path) -> None:
    with np.load(file) as arrays:
        changed_arrays = {**arrays, "logits": np.full_like(arrays["logits"], np.nan)}
    np.savez(file, **changed_arrays)


@pytest.mark.parametrize("damage", [cut, without_numbers, Path.unlink])
def test_a_damaged_reference_is_refused(site: Path, damage) -> None:
    damage(paths.network_reference(site / "network"))
    assert "reference.npz" in refusal()


def test_a_damaged_history_is_named_and_kept(site: Path) -> None:
    path = site / paths.MONITOR_HISTORY
    path.parent.mkdir(parents=True)
    path.write_text("inbox,when\n1,2\n")
    assert "line 1: inbox,when" in refusal()
    assert path.read_text() == "inbox,when\n1,2\n"


def test_two_inboxes_at_once_both_stand_in_the_history(site: Path) -> None:
    draw_films(site / "other", 6, seed=3)
    command = [sys.executable, "-m", "tasks.monitor", "--network", "network"]
    runs = [
        subprocess.Popen(
            [*command, "--inbox", inbox, "--result", f"{inbox}.json"],
            cwd=site,
            env=stage_environment(),
            stderr=subprocess.DEVNULL,
        )
        for inbox in ("inbox", "other")
    ]
    assert [run.wait(120) for run in runs] == [0, 0]
    results = [json.loads((site / f"{inbox}.json").read_text()) for inbox in ("inbox", "other")]
    assert [one["n_files"]["found"] for one in results] == [14, 6]
    with (site / paths.MONITOR_HISTORY).open() as file:
        assert {row["inbox"] for row in csv.DictReader(file)} == {one["inbox"] for one in results}
