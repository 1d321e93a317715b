"""Each damaged file of a work folder is named, with what to do about it."""

import numpy as np
import pytest

from tasks.core import paths
from tasks.core.atomic import write_json, write_text
from tasks.core.errors import ParamsError
from tests.recipe_searches import SHARED, STAGE, judge_in, search_in, write_trial
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.opened_search import (
    note_stage,
    read_params,
    read_shared,
    read_stages,
)
from tests.studies.recipes.results import rows_of
from tests.studies.recipes.rule import state_rule
from tests.studies.recipes.trial import WHOLE, WITHOUT_HELD_OUT
from tests.studies.recipes.work_folder import WorkFolder

FAR, NEAR = "wide_averaged", "wide"


@pytest.fixture
def work(tmp_path) -> WorkFolder:
    """Two finished recipes, each of a call of its own."""
    work = WorkFolder(tmp_path)
    for name in (FAR, NEAR):
        for split in (WHOLE, WITHOUT_HELD_OUT):
            trial = SHARED.trial(RECIPES[name], STAGE.size_px, STAGE.epochs, 0, split)
            write_trial(trial, work, {})
        note_stage(work, STAGE, [RECIPES[name]])
    return work


def key_of(name: str) -> str:
    return SHARED.trial(RECIPES[name], STAGE.size_px, STAGE.epochs, 0, WHOLE).key


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[{]", "no JSON"),
        ('[{"size_px": 32, "epochs": 2}]', r"no key recipes in \[0\]"),
        ('[{"size_px": 32, "epochs": 2, "recipes": ["wide", "lost"]}]', "no lost"),
    ],
)
def test_a_damaged_list_of_stages_is_named(work, text, found):
    work.stages.write_text(text)
    with pytest.raises(ParamsError, match=found) as error:
        read_stages(work)
    assert error.value.where == str(work.stages)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"data": "films"}'])
def test_damaged_settings_are_named(work, text):
    work.settings.write_text(text)
    with pytest.raises(ParamsError, match="as the program wrote it") as error:
        work.read_settings()
    assert error.value.where == str(work.settings)


@pytest.mark.parametrize("text", [None, "a: [", "- a"])
def test_damaged_params_of_the_films_are_named(work, text):
    if text is not None:
        write_text(work.films / paths.PARAMS, text)
    for read in (read_params, read_shared):
        with pytest.raises(ParamsError, match="as the program wrote it") as error:
            read(work)
        assert error.value.where == str(work.films / paths.PARAMS)


def test_a_damaged_rule_is_named(work):
    work.rule.write_text("")
    with pytest.raises(ParamsError, match="no JSON") as error:
        state_rule(work)
    assert error.value.where == str(work.rule)


def check_names_the_trial(work: WorkFolder, name: str, found: str) -> None:
    folder = work.trial(key_of(NEAR))
    for run in (
        lambda: rows_of(judge_in(work.root), [RECIPES[NEAR]], STAGE),
        lambda: search_in(work.root, [FAR]).run(None),  # before anything is trained
    ):
        with pytest.raises(ParamsError, match=found) as error:
            run()
        assert error.value.where == str(folder / name)
        assert error.value.next_step.startswith(f"delete the folder {folder} ")


@pytest.mark.parametrize(
    ("text", "found"),
    [("", "no JSON"), ("{}", "no key key"), ("\x00\x01", "no JSON"), ("null", "is null")],
)
def test_a_damaged_trial_is_named_with_the_folder_to_delete(work, text, found):
    (work.trial(key_of(NEAR)) / "trial.json").write_text(text)
    check_names_the_trial(work, "trial.json", found)


def test_a_trial_in_the_folder_of_another_one_is_named(work):
    write_json(work.trial(key_of(NEAR)) / "trial.json", work.facts(key_of(FAR)))
    check_names_the_trial(work, "trial.json", f"the facts of {key_of(FAR)}")


@pytest.mark.parametrize("n_bytes", [None, 0, 50, 3000])
def test_damaged_logits_are_named_with_the_folder_to_delete(work, n_bytes):
    path = work.trial(key_of(NEAR)) / "logits.npz"
    content = path.read_bytes()
    path.unlink()
    if n_bytes is not None:
        path.write_bytes(content[:n_bytes])
    check_names_the_trial(work, "logits.npz", "as the program wrote it")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"val": np.zeros((7, 2))}, r"shape \(7, 2\) for val, and not of \(40, 2\)"),
        ({"external/clinic": np.zeros((40, 3))}, r"shape \(40, 3\) for external/clinic"),
        ({"look/noisy": None}, "look/noisy"),
    ],
)
def test_logits_of_other_films_are_named_with_the_folder_to_delete(work, change, found):
    path = work.trial(key_of(NEAR)) / "logits.npz"
    with np.load(path) as arrays:
        changed = dict(arrays) | change
    np.savez(path, **{name: array for name, array in changed.items() if array is not None})
    check_names_the_trial(work, "logits.npz", found)


def test_a_trial_without_the_class_that_means_no_finding_is_named(work):
    facts = work.facts(key_of(NEAR)) | {"classes": ["HEALTHY", "PNEUMONIA"]}
    write_json(work.trial(key_of(NEAR)) / "trial.json", facts)
    check_names_the_trial(work, "logits.npz", "a network of the classes HEALTHY, PNEUMONIA")
