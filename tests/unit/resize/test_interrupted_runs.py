"""Damaged stores, failed and killed runs, and two runs at once leave no wrong store."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tasks.core.errors import SourceError
from tasks.core.image_store.store import ImageStore
from tasks.resize.fill_store import Counts, settings_of
from tasks.resize.reuse import only_run, working_folder
from tests.films import ROOT, write_tree
from tests.unit.resize.resized_films import (
    FILES,
    from_scratch,
    names_in,
    resize,
    resize_params,
    some,
    store_bytes,
)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 4
    path.write_bytes(data)


DAMAGES = {
    "a bit flipped": flip,
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "gone": Path.unlink,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_only_the_films_of_a_damaged_shard_are_decoded_again(
    source: Path, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    resize(FILES, source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    shard = max(ImageStore(tmp_path / "images").shards, key=lambda one: one.n_images)
    DAMAGES[damage](tmp_path / "images" / shard.name)
    counts = resize(FILES, source, tmp_path / "images")
    assert counts == Counts(shard.n_images, 40 - shard.n_images, 0)
    assert f"{shard.name} is damaged" in caplog.text
    assert store_bytes(tmp_path / "images") == before


@pytest.mark.parametrize("file", ["store.json", "ids.npy"])
@pytest.mark.parametrize("damage", ["empty", "gone"])
def test_a_store_without_an_index_is_written_again(
    source: Path, tmp_path: Path, file: str, damage: str
) -> None:
    resize(some(0, 3), source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    DAMAGES[damage](tmp_path / "images" / file)
    assert resize(some(0, 3), source, tmp_path / "images") == Counts(3, 0, 0)
    assert store_bytes(tmp_path / "images") == before


def test_complete_shards_of_a_failed_run_are_reused(source: Path, tmp_path: Path) -> None:
    last = max(FILES, key=lambda path: hashlib.sha256(FILES[path]).hexdigest())
    (source / last).unlink()
    with pytest.raises(SourceError):
        resize(FILES, source, tmp_path / "out/images")
    shards = sorted((tmp_path / "out").glob(".images.*.unfinished/*-*.npy"))
    n_images = [len(np.load(path)) for path in shards]
    assert sum(n_images) >= 30
    flip(shards[3])
    write_tree(source, FILES)
    n_reused = sum(n_images) - n_images[3]
    assert resize(FILES, source, tmp_path / "out/images") == Counts(40 - n_reused, n_reused, 0)
    assert store_bytes(tmp_path / "out/images") == from_scratch(FILES, source)
    assert names_in(tmp_path / "out") == ["images"]


def test_shards_of_a_failed_run_with_other_parameters_are_removed(
    source: Path, tmp_path: Path
) -> None:
    last = max(FILES, key=lambda path: hashlib.sha256(FILES[path]).hexdigest())
    (source / last).unlink()
    with pytest.raises(SourceError):
        resize(FILES, source, tmp_path / "out/images")
    assert [name[:8] for name in names_in(tmp_path / "out")] == [".images."]
    write_tree(source, FILES)
    assert resize(FILES, source, tmp_path / "out/images", size_px=16) == Counts(40, 0, 0)
    assert names_in(tmp_path / "out") == ["images"]


@pytest.mark.parametrize("renames", [0, 1])
def test_no_film_is_decoded_again_after_a_kill_between_the_renames(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    resize(some(0, 20), source, tmp_path / "out/images")
    rename, done = Path.rename, []

    def killed(path: Path, target: Path) -> Path:
        if len(done) == renames:
            raise KeyboardInterrupt
        done.append(path)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        resize(FILES, source, tmp_path / "out/images")
    monkeypatch.undo()
    counts = resize(FILES, tmp_path / "gone", tmp_path / "out/images")
    assert (counts.n_decoded, counts.n_reused) == (0, 40)
    assert store_bytes(tmp_path / "out/images") == from_scratch(FILES, source)
    assert names_in(tmp_path / "out") == ["images"]


SECOND_RUN = """
import logging, sys
from pathlib import Path
from tests.unit.resize.resized_films import FILES, resize

logging.basicConfig(level=logging.INFO, format="%(message)s")
resize(FILES, Path(sys.argv[1]), Path(sys.argv[2]), size_px=int(sys.argv[3]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no lock on a folder")
@pytest.mark.parametrize("size_px", [32, 16])
def test_a_second_run_waits_for_the_first_and_removes_nothing(
    source: Path, tmp_path: Path, size_px: int
) -> None:
    """With other settings the second run would remove the unfinished folder of the first."""
    folder = tmp_path / "out/images"
    with only_run(folder):
        unfinished = working_folder(folder, settings_of(resize_params()))
        write_tree(unfinished, {"0.part": b"the first run writes here"})
        second = subprocess.Popen(
            [sys.executable, "-c", SECOND_RUN, str(source), str(folder), str(size_px)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert second.stderr is not None
        assert second.stderr.readline() == f"another run writes {folder}: waiting until it ends\n"
        assert names_in(unfinished) == ["0.part"]
        assert names_in(folder.parent) == [unfinished.name]
    _, printed = second.communicate(timeout=120)
    assert second.returncode == 0, printed
    assert store_bytes(folder) == from_scratch(FILES, source, size_px=size_px)
    assert names_in(folder.parent) == ["images"]
