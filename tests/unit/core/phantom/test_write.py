"""A phantom is written completely, with the same bytes each time, or not at all."""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.core.errors import LunglineError
from tasks.core.phantom import write
from tasks.core.phantom.plan import PhantomSettings
from tasks.core.phantom.write import write_phantom
from tasks.core.source.source import open_source
from tasks.core.source.synthetic import is_synthetic
from tests.films import stage_environment

SMALL = PhantomSettings(seed=5, n_train=8, n_val=4, n_test=4)


def digests(root):
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(f.relative_to(root)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_bytes_are_the_same_with_any_number_of_workers_and_in_each_run(tmp_path):
    for name, n_workers in (("one", 1), ("again", 1), ("two", 2)):
        write_phantom(tmp_path / name, SMALL, n_workers)

    assert digests(tmp_path / "one") == digests(tmp_path / "again") == digests(tmp_path / "two")


def test_another_seed_draws_other_films(tmp_path):
    write_phantom(tmp_path / "a", SMALL, 1)
    write_phantom(tmp_path / "b", PhantomSettings(6, 8, 4, 4), 1)

    assert not set(digests(tmp_path / "a/kaggle/chest_xray/train").values()) & set(
        digests(tmp_path / "b/kaggle/chest_xray/train").values()
    )


def test_a_complete_phantom_stays_and_a_changed_or_incomplete_one_is_replaced(tmp_path):
    root = tmp_path / "phantom"
    assert write_phantom(root, SMALL, 1).written
    before = digests(root)
    assert not write_phantom(root, SMALL, 1).written

    next((root / "kaggle").rglob("*.jpeg")).unlink()
    assert write_phantom(root, SMALL, 1).written
    assert digests(root) == before

    assert write_phantom(root, PhantomSettings(6, 8, 4, 4), 1).written
    assert json.loads((root / "phantom.json").read_text())["settings"]["seed"] == 6
    assert [path.name for path in tmp_path.iterdir()] == ["phantom"]


def test_leftovers_of_a_killed_run_are_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    leftover = tmp_path / f".phantom.{ended.pid}.part"
    (leftover / "kaggle").mkdir(parents=True)

    write_phantom(tmp_path / "phantom", SMALL, 1)

    assert not leftover.exists()


def test_an_interrupt_leaves_no_files(tmp_path, monkeypatch):
    from tasks.core.phantom import radiograph

    drawn = []

    def interrupted(*args):
        drawn.append(args)
        if len(drawn) == 3:
            raise KeyboardInterrupt
        return real(*args)

    real = radiograph.draw_synthetic_film
    monkeypatch.setattr(radiograph, "draw_synthetic_film", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_phantom(tmp_path / "phantom", SMALL, 1)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_is_refused_and_stays(tmp_path):
    (tmp_path / "scan.jpeg").write_bytes(b"mine")

    with pytest.raises(LunglineError, match="a phantom may replace a phantom only"):
        write_phantom(tmp_path, SMALL, 1)
    assert (tmp_path / "scan.jpeg").read_bytes() == b"mine"


def test_the_error_names_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(LunglineError, match=r"(?s)must be written completely.*file/phantom.*--out"):
        write_phantom(tmp_path / "file" / "phantom", SMALL, 1)


def test_a_full_disk_gives_one_error_and_leaves_no_files(tmp_path):
    out = tmp_path / "phantom"
    run = subprocess.run(
        [
            "bash",
            "-c",
            f"ulimit -f 4; exec {sys.executable} -m tasks.core.phantom --films 16 --out {out}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert "a phantom must be written completely" in run.stderr
    assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_answers_without_heavy_imports():
    started = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "tasks.core.phantom", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert time.perf_counter() - started < 2
    assert "--films" in run.stdout


@pytest.mark.slow
def test_two_runs_at_the_same_time_both_end_well_with_the_same_bytes(tmp_path):
    program = [sys.executable, "-m", "tasks.core.phantom", "--films", "16", "--out", "phantom"]
    environment = stage_environment()
    runs = [
        subprocess.Popen(program, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    messages = [run.communicate()[1] for run in runs]

    assert [run.returncode for run in runs] == [0, 0], messages
    assert [path.name for path in tmp_path.iterdir()] == ["phantom"]
    write_phantom(tmp_path / "alone", PhantomSettings.of_size(16), 1)
    assert digests(tmp_path / "phantom") == digests(tmp_path / "alone")


def test_a_phantom_without_its_marker_is_written_again(tmp_path):
    write_phantom(tmp_path / "phantom", SMALL, 1)
    (tmp_path / "phantom/kaggle/chest_xray/SYNTHETIC.txt").unlink()

    assert write_phantom(tmp_path / "phantom", SMALL, 1).written
    assert (tmp_path / "phantom/kaggle/chest_xray/SYNTHETIC.txt").is_file()


@pytest.mark.parametrize("module", ["anatomy", "body_parts", "plan", "radiograph", "write"])
def test_a_change_of_any_drawing_module_changes_the_digest(tmp_path, monkeypatch, module):
    copy = shutil.copytree(Path(write.__file__).parent, tmp_path / "package")
    monkeypatch.setattr(write, "__file__", str(copy / "write.py"))
    before = write._code_digest()
    with (copy / f"{module}.py").open("a") as file:
        file.write("# changed")

    assert write._code_digest() != before


@pytest.mark.parametrize("source", ["kaggle", "kaggle/chest_xray"])
def test_each_folder_that_people_name_as_source_says_that_it_is_synthetic(tmp_path, source):
    write_phantom(tmp_path / "phantom", SMALL, 1)
    with open_source(str(tmp_path / "phantom" / source)) as films:
        assert is_synthetic(films.paths())
