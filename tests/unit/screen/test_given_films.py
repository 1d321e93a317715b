"""What the user names: files, folders and zips, listed once each; errors in the user's words."""

import os
import sys
from pathlib import Path

import pytest

from tasks.core.errors import ScreeningError
from tasks.screen.given_films import open_given
from tests.films import write_tree, write_zip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(*locations: str) -> dict[str, bytes]:
    with open_given(locations) as given:
        return {given.shown_path(file): given.read(file) for file in given.files()}


def test_files_folders_and_zips_are_listed_together(place: Path) -> None:
    write_tree(place / "films", {"b.png": b"b", "deep/a.png": b"a"})
    write_zip(place / "more.zip", {"c.png": b"c"})
    (place / "one.dcm").write_bytes(b"one")
    assert listed("one.dcm", "films/", "more.zip") == {
        "one.dcm": b"one",
        "films/b.png": b"b",
        "films/deep/a.png": b"a",
        "more.zip/c.png": b"c",
    }


def test_a_file_that_two_arguments_hold_is_listed_once(place: Path) -> None:
    write_tree(place / "films", {"a.png": b"a"})
    assert listed("films", "films/a.png", "films") == {"films/a.png": b"a"}


@pytest.mark.skipif(sys.platform != "linux", reason="the file system refuses such names")
def test_names_that_are_not_utf8_are_shown_and_read(place: Path) -> None:
    write_tree(place / os.fsdecode(b"films\xe9"), {os.fsdecode(b"a\xff.png"): b"a"})
    one = os.fsdecode(b"one\xff.png")
    (place / one).write_bytes(b"one")
    found = listed(os.fsdecode(b"films\xe9"), one)
    assert found == {r"films\xe9/a\xff.png": b"a", r"one\xff.png": b"one"}


def test_a_folder_that_holds_our_outputs_is_refused(place: Path) -> None:
    (place / "a.png").write_bytes(b"a")
    with pytest.raises(ScreeningError, match="apart from what Lungline writes"):
        listed(".")


def test_a_link_that_the_user_names_is_followed(place: Path) -> None:
    (place / "a.png").write_bytes(b"a")
    (place / "link.png").symlink_to("a.png")
    assert listed("link.png") == {"link.png": b"a"}


def test_a_link_out_of_a_folder_is_not_followed(place: Path) -> None:
    (place / "secret").write_bytes(b"secret")
    (place / "films").mkdir()
    (place / "films/link.png").symlink_to(place / "secret")
    with open_given(["films"]) as given:
        (file,) = given.files()
        with pytest.raises(OSError, match="leads out"):
            given.read(file)


@pytest.mark.parametrize(
    ("name", "found"),
    [("no-such-film.png", "no such file"), ("", "an empty text"), ("data.zip", "empty")],
)
def test_the_user_reads_of_films_and_not_of_a_setting(place: Path, name: str, found: str) -> None:
    (place / "data.zip").write_bytes(b"")
    with pytest.raises(ScreeningError) as error:
        listed(name)
    assert found in error.value.found
    assert "ingest.source" not in str(error.value)
    assert "params.yaml" not in error.value.next_step
    assert "make phantom" not in error.value.next_step


def test_a_pipe_is_refused_and_not_waited_for(place: Path) -> None:
    os.mkfifo(place / "pipe")
    with pytest.raises(ScreeningError, match="pipe, socket or device"):
        listed("pipe")


def test_a_password_in_a_url_is_not_shown() -> None:
    with pytest.raises(ScreeningError) as error:
        listed("https://me:geheim@clinic.example/films.zip")
    assert "geheim" not in str(error.value)
