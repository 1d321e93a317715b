"""A location is taken letter by letter, as DVC takes it; the message states what was meant."""

from pathlib import Path

import pytest

from tasks.core.errors import SourceError
from tasks.core.source.location import check_location, shown_location
from tasks.core.source.source import open_source
from tests.films import write_tree, write_zip

FILMS = {"NORMAL/a.jpeg": b"1"}


def refusal(location: str) -> SourceError:
    with pytest.raises(SourceError) as caught, open_source(location) as source:
        source.paths()
    return caught.value


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder and current folder with films in a folder and two zips."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FILMS", str(tmp_path / "films"))
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path / "films", FILMS)
    write_zip(tmp_path / "archive (1).zip", FILMS)
    write_zip(tmp_path / "Clínica.zip", FILMS)  # é as one character
    return tmp_path


@pytest.mark.parametrize(
    "location",
    ["films", "films/", "./films", "films/../films", "archive (1).zip"],
)
def test_a_path_that_dvc_accepts_is_read(home: Path, location: str) -> None:
    assert home
    with open_source(location) as source:
        assert source.paths() == ["NORMAL/a.jpeg"]


@pytest.mark.parametrize(
    ("location", "meant"),
    [
        ("~/films", "{home}/films"),
        ("$HOME/films", "{home}/films"),
        ("${FILMS}", "{home}/films"),
        ("'~/films'", "{home}/films"),
        ('"archive (1).zip"', "archive (1).zip"),
        ("\u201carchive (1).zip\u201d", "archive (1).zip"),
        ("films ", "films"),
        ("archive (1).zip/", "archive (1).zip"),
        (" films", "films"),
        ("films\n", "films"),
        ("films\\NORMAL", "films/NORMAL"),
        (".\\films", "./films"),
        ("Films", "films"),
        ("Archive (1).ZIP", "archive (1).zip"),
        ("Cli\u0301nica.zip", "Cl\u00ednica.zip"),
        ("film", "films"),
        ("~/archive(1).zip", "{home}/archive (1).zip"),
    ],
)
def test_the_setting_that_was_meant_is_in_the_message(
    home: Path, location: str, meant: str
) -> None:
    error = refusal(location)
    assert error.rule == "ingest.source must exist"
    assert f"write `ingest.source: {meant.format(home=home)}`" in error.next_step


def test_a_home_folder_without_the_films_gives_the_whole_path(home: Path) -> None:
    assert (
        f"write the whole path; {home}/nothing/here does not" in refusal("~/nothing/here").next_step
    )


def test_a_pattern_names_what_it_fits(home: Path) -> None:
    assert home
    error = refusal("*.zip")
    assert error.found == "a pattern that fits 2 files or folders"
    assert "`ingest.source: Clínica.zip`" in error.next_step
    (home / "[x]").mkdir()
    with open_source("[x]") as source:  # a folder of that very name
        assert source.paths() == []


def test_a_folder_named_with_a_tilde_is_that_folder(home: Path) -> None:
    write_tree(home / "~old", FILMS)
    with open_source("~old") as source:
        assert source.paths() == ["NORMAL/a.jpeg"]


@pytest.mark.parametrize("start", ["file://", "file://localhost", "local://"])
def test_a_local_url_gives_the_path(home: Path, start: str) -> None:
    assert f"`ingest.source: {home}/films`" in refusal(f"{start}{home}/films").next_step
    assert f"{home}/archive (1).zip`" in refusal(f"file://{home}/archive%20(1).zip").next_step


def test_a_link_to_nothing_says_where_it_leads(home: Path) -> None:
    (home / "link").symlink_to("/no/such/disk")
    assert refusal("link").found == "a link to /no/such/disk, No such file or directory"


@pytest.mark.parametrize("location", ["", "  "])
def test_an_empty_setting_is_refused(location: str) -> None:
    assert "an empty text" in refusal(location).found


@pytest.mark.parametrize("location", [".", "data", "..", "data/images", "reports", "/"])
def test_a_source_that_holds_our_outputs_is_refused(home: Path, location: str) -> None:
    for folder in ("data/images", "data/phantom/kaggle", "reports"):
        (home / folder).mkdir(parents=True)
    assert "must be apart" in refusal(location).rule
    with open_source("data/phantom/kaggle") as source:
        assert source.paths() == []


@pytest.mark.parametrize(
    ("location", "step"),
    [
        ("s3a://films/x", "write s3:// instead"),
        ("sftp://clinic/films", "write ssh:// instead"),
        ("abfs://films/x", "or a local copy"),
        ("ftp://clinic/films", "or a local copy"),
        ("memory://films", "or a local copy"),
    ],
)
def test_a_protocol_that_dvc_does_not_know_is_refused(location: str, step: str) -> None:
    assert step in refusal(location).next_step


SECRETS = [
    "https://me:hunter2@clinic.org/films.zip",
    "https://hunter2@clinic.org/films.zip",
    "https://me:x/hunter2@clinic.org/films.zip",
    "s3://AKIA:hunter2@films/x",
    "ssh://me:hunter2@clinic.org/films",
    "https://b.s3.amazonaws.com/f.zip?X-Amz-Expires=9&X-Amz-Signature=hunter2",
    "https://a.blob.core.windows.net/f.zip?sv=2024&sig=hunter2",
    "https://clinic.org/f.zip?v=1&access_token=hunter2",
    "https://clinic.org/f.zip?API_KEY=hunter2#page",
]


@pytest.mark.parametrize("location", SECRETS)
def test_a_secret_in_the_setting_is_refused_and_not_shown(location: str) -> None:
    error = refusal(location)
    assert "no password, token or signature" in error.rule
    assert "config.local" in error.next_step
    for text in (str(error), shown_location(location), shown_location(f"no answer of {location}")):
        assert "hunter2" not in text
        assert "***" in text


@pytest.mark.parametrize(
    "location",
    [
        "s3://bucket/what is @2 x?.png", "http://host:8000/a@b.zip", "ssh://clinic.org:22/films",
        "data/raw/a@b?c=d", "C:\\films",
    ],
)  # fmt: skip
def test_a_location_without_a_secret_is_shown_as_it_is(location: str) -> None:
    assert shown_location(location) == location


@pytest.mark.parametrize(
    "location", ["ssh://me@clinic.org/films", "https://x.org/f.zip?version=2", "s3://b/a@2.zip"]
)
def test_a_user_or_a_version_is_no_secret(location: str) -> None:
    check_location(location)
