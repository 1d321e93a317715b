"""Films are held out by acquisition within their class; the shortcut is reversed there."""

import numpy as np
import pandas as pd
import pytest

from tasks.core.errors import CohortError
from tasks.core.statistics.auroc import auroc
from tests.studies.recipes.hold_out import HELD_OUT, SHARE, hold_out

N_PATIENTS = 120


def cohort(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two films per patient; most normal films are sharper and larger."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(N_PATIENTS), 2)
    normal = patient % 2 == 0
    machine = np.repeat(rng.normal(0, 1, N_PATIENTS), 2) + np.where(normal, 1.0, -1.0)
    samples = pd.DataFrame(
        {
            "image_id": [f"{n:03d}" for n in rng.permutation(2 * N_PATIENTS)],
            "group_id": [f"p{n}" for n in patient],
            "label": np.where(normal, "NORMAL", "PNEUMONIA"),
            "split": np.array(["train", "train", "val", "test"])[patient // 2 % 4],
        }
    )
    facts = pd.DataFrame(
        {
            "image_id": samples["image_id"],
            "sharpness": np.exp(machine + rng.normal(0, 0.1, len(machine))),
            "width": (1000 + 200 * machine).astype(int),
            "height": 500,
            "jpeg_quality": pd.array([None] * len(samples), dtype="Int32"),
        }
    )
    return samples, facts


def test_patients_stay_in_one_split_and_test_films_are_left_out():
    samples, facts = cohort()
    films = hold_out(samples, facts, "NORMAL")
    assert len(films) == (samples["split"] != "test").sum()
    assert set(films["split"]) == {"train", "val", HELD_OUT}
    held_out = films["split"] == HELD_OUT
    assert not set(films.loc[held_out, "group_id"]) & set(films.loc[~held_out, "group_id"])
    kept = films[~held_out].merge(samples, on="image_id")
    assert (kept["split_x"] == kept["split_y"]).all()


def test_the_share_of_each_class_is_exceeded_by_at_most_one_patient():
    films = hold_out(*cohort(), "NORMAL")
    for _, of_class in films.groupby("label"):
        n_held_out = (of_class["split"] == HELD_OUT).sum()
        assert SHARE * len(of_class) <= n_held_out < SHARE * len(of_class) + 2


def test_acquisition_predicts_the_class_in_training_and_the_other_class_when_held_out():
    samples, facts = cohort()
    films = hold_out(samples, facts, "NORMAL").merge(facts, on="image_id")
    held_out = films["split"] == HELD_OUT
    positive = (films["label"] != "NORMAL").to_numpy()
    dull = -films["sharpness"].to_numpy()
    assert auroc(dull[~held_out], positive[~held_out]) > 0.95
    assert auroc(dull[held_out], positive[held_out]) < 0.35


def test_test_films_do_not_change_the_result():
    samples, facts = cohort()
    expected = hold_out(samples, facts, "NORMAL")
    is_test = facts["image_id"].isin(samples.loc[samples["split"] == "test", "image_id"])
    other = facts.assign(sharpness=facts["sharpness"].mask(is_test, 1e6))
    pd.testing.assert_frame_equal(hold_out(samples, other, "NORMAL"), expected)
    without = samples[samples["split"] != "test"]
    pd.testing.assert_frame_equal(hold_out(without, facts, "NORMAL"), expected)


def test_the_order_of_rows_does_not_change_the_result():
    samples, facts = cohort()
    shuffled = hold_out(samples.sample(frac=1, random_state=3), facts[::-1], "NORMAL")
    pd.testing.assert_frame_equal(shuffled, hold_out(samples, facts, "NORMAL"))


def test_films_with_the_same_facts_are_refused():
    samples, facts = cohort()
    with pytest.raises(CohortError, match="films with the same facts"):
        hold_out(samples, facts[["image_id", "height"]], "NORMAL")
