"""`python -m tasks.screen` as a program: rows, interruptions, refusals, and what it imports."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tasks.core.image_store.store import ImageStore
from tasks.core.network.onnx_network import load_network
from tasks.core.network.prepared_film import prepare_film, sha256_of
from tasks.core.params import load_params
from tasks.resize.fill_store import resize_films
from tests.films import (
    ROOT,
    jpeg,
    mooney_files,
    on_workers,
    pack,
    png,
    run_stage,
    stage_environment,
    workspace,
    write_tree,
    write_zip,
)
from tests.small_onnx import small_onnx

# Not installed where films are only screened, or slow to import
HEAVY = {
    *("tensorflow", "keras", "pandas", "pyarrow", "scipy", "skimage", "imagehash", "sklearn"),
    *("matplotlib", "great_expectations", "prefect", "dvc", "onnx", "tf2onnx", "pydicom"),
}
PICTURES = (".jpeg", ".png")
PROGRAM = """
import runpy, sys
sys.argv = ['screen', *{arguments!r}]
try:
    runpy.run_module('tasks.screen', run_name='__main__')
finally:
    print(*{{name.split('.')[0] for name in sys.modules}})
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = workspace(tmp_path / "work", screen={"n_pictures": 1}, compute={"n_workers": 2})
    (folder / "data/onnx/minivggnet").mkdir(parents=True)
    small_onnx(folder / "data/onnx/minivggnet")
    return folder


def rows_of(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "worklist.csv").open(encoding="utf-8", newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def test_a_film_is_answered_without_a_heavy_package(place: Path) -> None:
    (place / "a.jpeg").write_bytes(jpeg(1))
    (place / "b.png").write_bytes(png(2))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(arguments=["a.jpeg", "b.png"])],
        cwd=place,
        env=stage_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(done.stdout.split()) == set()
    assert set(rows_of(place / "data/screened")) == {"a.jpeg", "b.png"}
    assert "[screen] a.jpeg: read" in done.stderr


def test_files_folders_and_zips_become_one_worklist(place: Path) -> None:
    write_tree(place / "films", {"a.jpeg": jpeg(1), "notes.txt": b"?", ".hidden": b"x"})
    write_zip(place / "more.zip", {"b.png": png(2), "empty.png": b""})
    done = run_stage("screen", place, "films", "more.zip", "--out", "out")
    assert done.returncode == 0, done.stderr
    status = {path: row["status"] for path, row in rows_of(place / "out").items()}
    assert status == {
        "films/a.jpeg": "scored",
        "films/notes.txt": "rejected",
        "films/.hidden": "rejected",
        "more.zip/b.png": "scored",
        "more.zip/empty.png": "rejected",
    }
    assert {path.name for path in (place / "out").iterdir()} == {
        *("worklist.csv", "worklist.html", "journal.sqlite")
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.png"], "no such file"),
        (["a.jpeg", "--model", "other"], "data/onnx/other/model.onnx"),
        (["a.jpeg", "--model", "a.jpeg.onnx"], "network file"),
        (["a.jpeg", "--out", "a.jpeg"], "exists|directory|outside"),
    ],
)
def test_what_cannot_be_done_is_one_message(place: Path, arguments: list[str], words: str) -> None:
    (place / "a.jpeg").write_bytes(jpeg(1))
    (place / "a.jpeg.onnx").write_bytes(jpeg(1))
    done = run_stage("screen", place, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("[screen] ERROR: ")
    assert any(word in done.stderr for word in words.split("|")), done.stderr
    assert "Traceback" not in done.stderr


def test_an_edited_network_is_refused_by_name(place: Path) -> None:
    path = place / "data/onnx/minivggnet/model.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    (place / "a.jpeg").write_bytes(jpeg(1))
    done = run_stage("screen", place, "a.jpeg")
    assert done.returncode == 1
    assert "model.onnx" in done.stderr


def started(place: Path) -> "subprocess.Popen[bytes]":
    """Start a screening of many films, and wait until its journal holds some."""
    write_tree(place / "films", {f"{seed}.jpeg": jpeg(seed, 400, 300) for seed in range(200)})
    running = subprocess.Popen(
        [sys.executable, "-m", "tasks.screen", "films", "--out", "out"],
        cwd=place,
        env=stage_environment(),
        stderr=subprocess.DEVNULL,
    )
    while running.poll() is None and not n_answers(place):
        time.sleep(0.02)
    return running


def n_answers(place: Path) -> int:
    import sqlite3

    path = place / "out/journal.sqlite"
    if not path.exists():
        return 0
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(database.execute("SELECT count(*) FROM answers").fetchone()[0])
    except sqlite3.OperationalError:  # the tables are being made
        return 0
    finally:
        database.close()


@pytest.mark.parametrize(
    "sent", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_run_that_was_stopped_goes_on_where_it_was(place: Path, sent: int) -> None:
    running = started(place)
    running.send_signal(sent)
    running.wait(timeout=30)
    assert running.returncode in (-signal.SIGKILL, 130)
    known = n_answers(place)
    assert 0 < known < 200
    assert not (place / "out/worklist.csv").exists()
    done = run_stage("screen", place, "films", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert n_answers(place) == 200
    assert len(rows_of(place / "out")) == 200


def test_a_second_run_on_the_same_folder_is_refused(place: Path) -> None:
    running = started(place)
    running.send_signal(signal.SIGSTOP)  # it must not end before the second one begins
    try:
        second = run_stage("screen", place, "films", "--out", "out")
        third = run_stage("screen", place, "films/1.jpeg", "--out", "other")
    finally:
        running.kill()
        running.wait()
    assert (second.returncode, third.returncode) == (1, 0), second.stderr + third.stderr
    assert "another run" in second.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_named(place: Path) -> None:
    (place / "a.jpeg").write_bytes(jpeg(1))
    (place / "closed").mkdir(mode=0o500)
    done = run_stage("screen", place, "a.jpeg", "--out", "closed/out")
    assert done.returncode == 1
    assert "closed" in done.stderr


def same_squares(films: Path, names: list[str], folder: Path) -> None:
    """Compare the squares of `screen` with those of `resize`, bit for bit."""
    import pandas as pd

    network = load_network(small_onnx(folder))
    data = {name: (films / name).read_bytes() for name in names}
    samples = pd.DataFrame(
        {"image_id": [sha256_of(film) for film in data.values()], "path": names}
    ).drop_duplicates("image_id")
    resize_films(samples, str(films), network.resize, folder / "images", on_workers(1))
    store = ImageStore(folder / "images")
    for name, film in data.items():
        prepared = prepare_film(film, name, network.rules)
        assert prepared.square is not None, (name, prepared.reason)
        assert np.array_equal(prepared.square.image, store.read([sha256_of(film)])[0, ..., 0])


def test_squares_are_those_of_the_image_store(tmp_path: Path) -> None:
    files = mooney_files()
    write_tree(tmp_path / "films", files)
    same_squares(tmp_path / "films", sorted(files), tmp_path)
    assert load_params(ROOT / "params.yaml").resize == load_network(small_onnx(tmp_path)).resize


@pytest.mark.parametrize("name", ["kermany-original", "nih-sample"])
def test_squares_of_real_films_are_those_of_the_image_store(name: str, tmp_path: Path) -> None:
    films = pack(name)
    images = sorted(
        str(path.relative_to(films))
        for path in films.rglob("*")
        if path.suffix in (".jpeg", ".png")
    )[:40]
    same_squares(films, images, tmp_path)


def test_a_folder_of_junk_is_a_list_of_reasons(place: Path) -> None:
    shutil.copytree(ROOT / "tests/contract", place / "junk", ignore=shutil.ignore_patterns("*.pyc"))
    done = run_stage("screen", place, "junk", "--out", "out")
    assert done.returncode == 0, done.stderr
    rows = rows_of(place / "out").values()
    assert {row["reason"] for row in rows} <= {"not_an_image", "junk", "unreadable"}
    assert all(row["next_step"] for row in rows)
