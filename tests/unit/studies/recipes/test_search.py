"""The search runs what is open, keeps to its budget, and goes on where it stopped."""

import time
from dataclasses import replace

import pytest

from tasks.core.errors import ParamsError, TrainingError
from tests.recipe_searches import SHARED, search_in, write_trial
from tests.studies.recipes import search as module
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.search import expected_seconds
from tests.studies.recipes.trial import WHOLE, Trial

FAR = {"wide_turned_degraded": 12, "wide": 0, "wide_averaged": 1}  # wrong external films


@pytest.fixture
def trained(monkeypatch) -> list[str]:
    """Keys of the trials that a search ran; no network is trained."""
    keys: list[str] = []

    def run(trial: Trial, _cohort, _shared, work):
        keys.append(trial.key)
        return write_trial(trial, work, {"external/clinic": FAR[trial.recipe.name]})

    monkeypatch.setattr(module, "run_trial", run)
    return keys


def test_all_recipes_come_first_and_then_the_seeds_of_the_close_ones(tmp_path, trained):
    names = ["wide_turned_degraded", "wide", "wide_averaged"]
    assert search_in(tmp_path, names).run(None) == []
    of_seed = [key.replace("-32px-2epochs", "") for key in trained]
    seed = SHARED.shipped.seed
    first = [f"{n}-seed{seed}-{s}" for n in names for s in ("whole", "held_out")]
    assert of_seed[:6] == first
    assert of_seed[6:] == [
        f"{name}-seed{seed + number}-{split}"
        for number in (1, 2)
        for name in ("wide", "wide_averaged")
        for split in ("whole", "held_out")
    ]
    assert search_in(tmp_path, names).run(None) == []
    assert len(trained) == 14  # nothing is repeated


def test_the_search_stops_before_a_network_that_would_end_too_late(tmp_path, trained):
    search = search_in(tmp_path, ["wide", "wide_averaged"], n_seeds=1)
    # a network takes 60 s by those that were measured; the first one is not known
    left = search.run(time.monotonic() + 30)
    assert len(trained) == 1
    assert left[0].key == trained[0].replace("whole", "held_out")
    assert len(left) == 3
    assert search.run(time.monotonic() - 1) == left  # no time at all
    assert search.run(time.monotonic() + 3600) == []
    assert len(trained) == 4


def test_expected_time_is_that_of_the_same_recipe_or_scales_with_pixels_and_epochs():
    def facts(recipe, size_px, epochs, seconds):
        return {"recipe": recipe, "size_px": size_px, "epochs": epochs, "seconds": seconds}

    trial = SHARED.trial(RECIPES["wide"], 64, 40, 0, WHOLE)
    small = [facts("none", 32, 20, 10.0), facts("none", 32, 20, None)]
    assert expected_seconds(trial, small) == 80.0  # four times the pixels, twice the epochs
    assert expected_seconds(trial, [*small, facts("wide", 64, 40, 50.0)]) == 50.0
    assert expected_seconds(trial, []) == 0.0


def test_a_network_that_fails_does_not_stop_the_search(tmp_path, trained, monkeypatch):
    fake = module.run_trial

    def fails(trial, *rest):
        if trial.recipe.name == "wide":
            raise TrainingError("a", found="NaN", where="c", next_step="d")
        return fake(trial, *rest)

    monkeypatch.setattr(module, "run_trial", fails)
    search = search_in(tmp_path, ["wide", "wide_averaged"], n_seeds=1)
    assert search.run(None) == []
    assert len(search.failed) == 2
    assert [key.split("-")[0] for key in trained] == ["wide_averaged"] * 2


@pytest.mark.usefixtures("trained")
def test_a_finished_trial_with_other_settings_is_refused_by_their_names(tmp_path):
    search_in(tmp_path, ["wide"], n_seeds=1).run(None)
    search = search_in(tmp_path, ["wide"], n_seeds=1)
    values = {"batch_size": 16, "learning_rate": 0.01}
    search.shared = SHARED.__class__(
        SHARED.model, SHARED.negative, SHARED.resize, SHARED.shipped.model_copy(update=values)
    )
    with pytest.raises(ParamsError, match=r"train\.batch_size, train\.learning_rate"):
        search.run(None)


@pytest.mark.usefixtures("trained")
def test_a_cohort_that_does_not_count_is_named_with_the_reason_when_the_search_begins(
    tmp_path, caplog
):
    caplog.set_level("INFO")
    search_in(tmp_path, ["wide"], n_seeds=1).run(None)
    assert caplog.messages[0] == (
        "external cohort ill does not count in the rule: 12 positive and 0 negative films, and an"
        " AUROC needs 10 of each (validate.min_class_films)"
    )
    assert not [text for text in caplog.messages if "clinic does not" in text]


@pytest.mark.usefixtures("trained")
def test_no_network_is_trained_beside_one_of_another_learning_rate(tmp_path):
    search_in(tmp_path, ["wide"], n_seeds=1).run(None)
    search = search_in(tmp_path, ["wide_averaged"], n_seeds=1)  # `wide` is not asked for
    search.shared = replace(
        SHARED, shipped=SHARED.shipped.model_copy(update={"learning_rate": 0.01})
    )
    with pytest.raises(ParamsError, match=r"other values of train\.learning_rate\n"):
        search.run(None)
    assert len(list(tmp_path.glob("trials/*"))) == 2
