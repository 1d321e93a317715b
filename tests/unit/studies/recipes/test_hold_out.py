"""Films are set aside by acquisition within their class: the shortcut is turned around there."""

import numpy as np
import pandas as pd
import pytest

from tasks.core.errors import CohortError
from tasks.core.statistics.auroc import auroc
from tests.studies.recipes.hold_out import HELD, SHARE, hold_out

N_PATIENTS = 120


def cohort(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two films per patient; normal films are mostly sharper and larger, the test is the rest."""
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


def test_patients_stay_whole_and_the_test_films_are_not_there():
    samples, facts = cohort()
    apart = hold_out(samples, facts, "NORMAL")
    assert len(apart) == (samples["split"] != "test").sum()
    assert set(apart["split"]) == {"train", "val", HELD}
    held = apart["split"] == HELD
    assert not set(apart.loc[held, "group_id"]) & set(apart.loc[~held, "group_id"])
    kept = apart[~held].merge(samples, on="image_id")
    assert (kept["split_x"] == kept["split_y"]).all()


def test_each_class_gives_its_share_and_at_most_one_patient_more():
    apart = hold_out(*cohort(), "NORMAL")
    for _, mine in apart.groupby("label"):
        n_held = (mine["split"] == HELD).sum()
        assert SHARE * len(mine) <= n_held < SHARE * len(mine) + 2


def test_acquisition_tells_the_classes_apart_where_trained_and_the_wrong_way_where_held():
    samples, facts = cohort()
    apart = hold_out(samples, facts, "NORMAL").merge(facts, on="image_id")
    held = apart["split"] == HELD
    positive = (apart["label"] != "NORMAL").to_numpy()
    dull = -apart["sharpness"].to_numpy()
    assert auroc(dull[~held], positive[~held]) > 0.95
    assert auroc(dull[held], positive[held]) < 0.35


def test_test_films_change_nothing():
    samples, facts = cohort()
    expected = hold_out(samples, facts, "NORMAL")
    is_test = facts["image_id"].isin(samples.loc[samples["split"] == "test", "image_id"])
    other = facts.assign(sharpness=facts["sharpness"].mask(is_test, 1e6))
    pd.testing.assert_frame_equal(hold_out(samples, other, "NORMAL"), expected)
    without = samples[samples["split"] != "test"]
    pd.testing.assert_frame_equal(hold_out(without, facts, "NORMAL"), expected)


def test_order_of_the_rows_changes_nothing():
    samples, facts = cohort()
    shuffled = hold_out(samples.sample(frac=1, random_state=3), facts[::-1], "NORMAL")
    pd.testing.assert_frame_equal(shuffled, hold_out(samples, facts, "NORMAL"))


def test_films_that_are_all_alike_are_refused():
    samples, facts = cohort()
    with pytest.raises(CohortError, match="every film alike"):
        hold_out(samples, facts[["image_id", "height"]], "NORMAL")
