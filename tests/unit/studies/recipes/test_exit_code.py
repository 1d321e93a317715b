"""The program ends with a code and a last line that tell of what failed."""

import errno
import os

import pytest

from tasks.core.errors import TrainingError
from tests.recipe_searches import search_in, write_trial
from tests.studies.recipes import __main__ as program
from tests.studies.recipes import search as module
from tests.studies.recipes.opened_search import note_stage


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the program in a search of two recipes whose films are prepared; return its streams."""

    def start(train) -> None:
        search = search_in(tmp_path, ["wide", "wide_averaged"], n_seeds=1)
        note_stage(search.work, search.stage, search.recipes)
        monkeypatch.setattr(module, "run_trial", train)
        monkeypatch.setattr(program, "request_of", lambda _options: None)
        monkeypatch.setattr(program, "opened", lambda *_: search)
        program.main(["--work", str(tmp_path), "--source", "films"])

    return start


def good(trial, _cohort, _shared, work):
    return write_trial(trial, work, {})


def fails(trial, *rest):
    if trial.recipe.name == "wide":
        raise TrainingError("a", found="NaN", where="c", next_step="d")
    return good(trial, *rest)


def full_disk(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "logits.npz")


def full_checkpoint(*_):
    try:
        full_disk()
    except OSError as error:
        raise TrainingError(
            "the disk must have room", found="b", where="c", next_step="d"
        ) from error


def test_a_search_without_a_failure_ends_well(run, capsys):
    run(good)
    assert "failed" not in capsys.readouterr().out


def test_failed_networks_give_a_code_and_the_last_line(run, capsys):
    with pytest.raises(SystemExit) as error:
        run(fails)
    assert error.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("networks failed: 2;")
    assert any("wide_averaged" in line for line in lines)  # the search went on


@pytest.mark.parametrize(
    ("train", "told"), [(full_disk, "No space left on device"), (full_checkpoint, "have room")]
)
def test_a_full_disk_ends_the_search(run, tmp_path, train, told):
    with pytest.raises(SystemExit, match=told) as error:
        run(train)
    assert str(error.value).startswith("ERROR: ")
    assert not list(tmp_path.glob("trials/*/trial.json"))
