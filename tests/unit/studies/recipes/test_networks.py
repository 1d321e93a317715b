"""Recipes that differ in their views only share one training."""

from pathlib import Path

import pytest

from tasks.core.atomic import read_json, write_json
from tasks.core.errors import ParamsError
from tests.recipe_searches import SHARED, write_trial
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.networks import find_twin, make_network, note_start
from tests.studies.recipes.trial import WHOLE, WITHOUT_HELD_OUT, facts_of
from tests.studies.recipes.work_folder import WorkFolder


def facts(split: str = WHOLE, n_views: int = 1, name: str = "wide", **train: float) -> dict:
    found = facts_of(SHARED.trial(RECIPES["wide"], 32, 2, 0, split), SHARED)
    changes = {"n_views": n_views} | train
    return found | {"key": f"{name}-{split}", "recipe": name, "train": found["train"] | changes}


def finish(work: WorkFolder, found: dict, *folders: str) -> None:
    """Write the facts of a finished trial and empty networks in some folders of it."""
    known = found | {"classes": ["NORMAL", "PNEUMONIA"], "seconds": None}
    write_json(work.trial(found["key"]) / "trial.json", known)
    for folder in folders:
        write_json(work.trial(found["key"]) / folder / "model.json", {"of": found["key"]})


def test_a_recipe_with_views_takes_the_weights_of_the_plain_one(tmp_path):
    work = WorkFolder(tmp_path)
    finish(work, facts(), "model")
    assert find_twin(facts(n_views=6, name="views"), work) == work.trial("wide-whole") / "model"


def test_a_plain_recipe_takes_those_that_one_with_views_was_made_of(tmp_path):
    work = WorkFolder(tmp_path)
    finish(work, facts(n_views=6, name="views"), "plain", "model")
    assert find_twin(facts(), work) == work.trial("views-whole") / "plain"


@pytest.mark.parametrize("change", [{"learning_rate": 0.1}, {"split": WITHOUT_HELD_OUT}])
def test_any_other_difference_needs_a_training_of_its_own(tmp_path, change):
    work = WorkFolder(tmp_path)
    finish(work, facts(), "model")
    assert find_twin(facts(n_views=6, name="views", **change), work) is None


def test_a_trial_that_took_its_weights_itself_is_no_twin(tmp_path):
    work = WorkFolder(tmp_path)
    finish(work, facts(n_views=6, name="views"), "model")  # no weights without views are there
    assert find_twin(facts(), work) is None


def test_taken_weights_are_copied_and_nothing_is_trained(tmp_path: Path):
    work, trial = WorkFolder(tmp_path), SHARED.trial(RECIPES["wide"], 32, 2, 0, WHOLE)
    finish(work, facts(n_views=6, name="views"), "plain", "model")
    is_trained = make_network(facts(), "minivggnet", trial.params, None, None, work)  # type: ignore[arg-type]
    assert not is_trained
    copy = work.trial("wide-whole") / "model/model.json"
    assert copy.read_bytes() == (work.trial("views-whole") / "plain/model.json").read_bytes()


def test_recipes_write_different_facts_only_where_they_differ(tmp_path):
    work = WorkFolder(tmp_path)
    trial = SHARED.trial(RECIPES["wide"], 32, 2, 0, WHOLE)
    write_trial(trial, work, {})
    other = facts_of(SHARED.trial(RECIPES["wide_averaged"], 32, 2, 0, WHOLE), SHARED)
    assert find_twin(other, work) is None


def start(work: WorkFolder, found: dict) -> list[str]:
    """Begin a trial that was killed after its networks were written; return those that stay."""
    folder = work.trial(found["key"])
    for name in ("model", "plain"):
        write_json(folder / name / "model.json", {})
    (folder / "checkpoints").mkdir(exist_ok=True)
    note_start(found, work)
    assert read_json(folder / "started.json") == found
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_a_network_of_a_killed_trial_stays_only_with_the_settings_of_today(tmp_path):
    work = WorkFolder(tmp_path)
    note_start(facts(), work)
    assert start(work, facts()) == ["checkpoints", "model", "plain"]
    assert start(work, facts(learning_rate=0.5)) == ["checkpoints"]
    assert start(work, facts(learning_rate=0.5)) == ["checkpoints", "model", "plain"]


def test_a_network_whose_settings_are_not_known_is_trained_again(tmp_path):
    assert start(WorkFolder(tmp_path), facts()) == ["checkpoints"]  # of an older release


def test_a_key_that_is_new_since_the_network_was_trained_changes_nothing(tmp_path):
    work, older = WorkFolder(tmp_path), facts()
    del older["train"]["average_epochs"]
    note_start(older, work)
    folder = work.trial(older["key"])
    write_json(folder / "model" / "model.json", {})
    note_start(facts(), work)
    assert (folder / "model").exists()


@pytest.mark.parametrize("text", ["", "{}"])
def test_damaged_facts_of_a_start_are_named_with_the_folder_to_delete(tmp_path, text):
    work, found = WorkFolder(tmp_path), facts()
    note_start(found, work)
    folder = work.trial(found["key"])
    (folder / "started.json").write_text(text)
    with pytest.raises(ParamsError, match="as the program wrote it") as error:
        note_start(found, work)
    assert error.value.next_step.startswith(f"delete the folder {folder} ")
