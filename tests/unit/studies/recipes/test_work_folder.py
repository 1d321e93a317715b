"""A work folder is held by one search, and is bound to its settings."""

import multiprocessing
from pathlib import Path

import pytest

from tasks.core.atomic import read_json, write_json
from tasks.core.errors import ParamsError
from tests.studies.recipes.work_folder import WorkFolder, bind_settings, locked

SETTINGS = {
    "data": "home",
    "model": "minivggnet",
    "source": "/films/home",
    "external": {"clinic": "/films/a"},
    "ingest": {"layout": "auto"},
    "train": {"learning_rate": 0.001, "pretraining": {"method": "none"}},
}


def hold(folder: Path, held, release) -> None:
    with locked(WorkFolder(folder)):
        held.set()
        release.wait(20)


def test_a_second_search_is_refused_until_the_first_one_ends(tmp_path):
    context = multiprocessing.get_context("fork")
    held, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path, held, release))
    other.start()
    assert held.wait(20)
    with (
        pytest.raises(ParamsError, match="another one holds the lock"),
        locked(WorkFolder(tmp_path)),
    ):
        pass
    other.kill()  # the kernel frees the lock
    other.join()
    with locked(WorkFolder(tmp_path)):
        pass


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"external": {"clinic": "/films/a", "other": "/films/b"}}, "external"),
        ({"ingest": {"layout": "mooney"}}, r"ingest\.layout"),
        ({"source": "/films/another"}, "source"),
        ({"train": {"learning_rate": 0.01, "pretraining": {"method": "none"}}},
         r"train\.learning_rate"),
    ],
)  # fmt: skip
def test_other_settings_are_refused_by_name(tmp_path, change, name):
    work = WorkFolder(tmp_path)
    bind_settings(work, SETTINGS)
    bind_settings(work, SETTINGS)
    with pytest.raises(ParamsError, match=f"other values of {name}$|other values of {name}\n"):
        bind_settings(work, SETTINGS | change)


def test_a_copied_folder_may_find_its_source_elsewhere(tmp_path):
    here = tmp_path / "home"
    here.mkdir()
    work = WorkFolder(tmp_path / "work")
    bind_settings(work, SETTINGS)
    moved = SETTINGS | {"source": str(here)}
    bind_settings(work, moved)  # /films/home is not on this machine
    with pytest.raises(ParamsError, match="source"):
        bind_settings(work, SETTINGS)  # but this one still is


def test_a_key_that_is_new_in_a_section_changes_nothing(tmp_path):
    work = WorkFolder(tmp_path)
    bind_settings(work, SETTINGS)
    bind_settings(work, SETTINGS | {"ingest": {"layout": "auto", "new": None}})


def test_a_folder_of_an_older_release_is_not_bound_to_a_section_that_it_lacks(tmp_path):
    work = WorkFolder(tmp_path)
    older = {name: one for name, one in SETTINGS.items() if name != "train"}
    write_json(work.settings, older)
    bind_settings(work, SETTINGS)
    assert read_json(work.settings) == older  # the facts of its trials tell how it trained
    bind_settings(work, SETTINGS | {"train": {"learning_rate": 0.5}})


@pytest.mark.parametrize("inside", ["", "deeper"])
def test_a_file_is_no_work_folder(tmp_path, inside):
    (tmp_path / "file").touch()
    root = tmp_path / "file" / inside
    with (
        pytest.raises(ParamsError, match="must be one that can be written") as error,
        locked(WorkFolder(root)),
    ):
        pass
    assert error.value.where == str(root)


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_damaged_settings_bind_nothing_and_are_named(tmp_path, text):
    work = WorkFolder(tmp_path)
    work.settings.write_text(text)
    with pytest.raises(ParamsError, match="as the program wrote it") as error:
        bind_settings(work, SETTINGS)
    assert error.value.where == str(work.settings)
    assert work.settings.read_text() == text
