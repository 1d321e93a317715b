"""A folder is listed to a limited depth, in one pass, while others may change it."""

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.core.errors import SourceError
from tasks.core.source import folder as module
from tasks.core.source.folder import MAX_DEPTH, FolderSource
from tests.films import write_tree


def listing_error(root: Path) -> SourceError:
    with pytest.raises(SourceError) as caught:
        FolderSource(root).paths()
    return caught.value


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """1,500 folders, each in the one before, with a film at the end."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    yield tmp_path
    while (tmp_path / "d/d").exists():  # rmtree of Python 3.11 cannot go so deep
        (tmp_path / "d/d").rename(tmp_path / "e")
        (tmp_path / "d").rmdir()
        (tmp_path / "e").rename(tmp_path / "d")


def test_a_folder_1500_levels_deep_gives_one_error(deep: Path) -> None:
    error = listing_error(deep)
    assert f"more than {MAX_DEPTH} deep" in error.rule
    assert len(str(error)) < 900


def test_a_film_at_the_largest_depth_is_listed(tmp_path: Path) -> None:
    path = "/".join(["d"] * MAX_DEPTH + ["a.jpeg"])
    write_tree(tmp_path, {path: b"1"})
    assert FolderSource(tmp_path).paths() == [path]
    (tmp_path / path).with_name("e").mkdir()
    assert "deep" in listing_error(tmp_path).rule


def test_links_in_a_circle_are_files_and_are_not_followed(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a/x.jpeg": b"1", "b/y.jpeg": b"2"})
    (tmp_path / "a/to_b").symlink_to("../b")
    (tmp_path / "b/to_a").symlink_to("../a")
    (tmp_path / "b/here").symlink_to(".")
    source = FolderSource(tmp_path)
    assert source.paths() == ["a/to_b", "a/x.jpeg", "b/here", "b/to_a", "b/y.jpeg"]
    with pytest.raises(OSError, match="not a regular file"):
        source.read("a/to_b")


def test_a_folder_that_vanishes_while_it_is_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, {"a/x.jpeg": b"1"})

    def scan(place: Path) -> object:
        if place.name == "a":
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(place))
        return os_scandir(place)

    os_scandir = os.scandir
    monkeypatch.setattr(module.os, "scandir", scan)
    error = listing_error(tmp_path)
    assert error.where == f"{tmp_path}/a"
    assert "run again when nothing writes" in error.next_step


@pytest.mark.parametrize("name", ["archive.zip", "films.7z", "films.tar.gz", "films.zip.001"])
def test_a_folder_that_holds_only_an_archive_is_refused(tmp_path: Path, name: str) -> None:
    write_tree(tmp_path, {f"download/{name}": b"1", "README.md": b"", "download/.DS_Store": b""})
    assert listing_error(tmp_path).found == f"nothing but 1 archives, such as download/{name}"
    write_tree(tmp_path, {"NORMAL/a.jpeg": b"1"})
    assert len(FolderSource(tmp_path).paths()) == 4


def test_names_that_differ_in_case_only_are_two_files(tmp_path: Path) -> None:
    files = {"NORMAL/a.png": b"1", "NORMAL/A.PNG": b"2", "normal/a.png": b"3"}
    write_tree(tmp_path, files)
    if not (tmp_path / "normal").samefile(tmp_path / "NORMAL"):
        source = FolderSource(tmp_path)
        assert {path: source.read(path) for path in source.paths()} == files


def test_20000_files_are_listed_in_less_time_than_python_walks_them(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number}").mkdir()
        for film in range(200):
            os.close(os.open(tmp_path / f"{number}/{film}.png", os.O_CREAT | os.O_WRONLY))
    start_s = time.process_time()
    walked = [
        Path(place, name).relative_to(tmp_path).as_posix()
        for place, _, names in os.walk(tmp_path)
        for name in names
    ]
    middle_s = time.process_time()
    assert FolderSource(tmp_path).paths() == sorted(walked)
    assert time.process_time() - middle_s < middle_s - start_s
