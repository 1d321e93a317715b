"""Each condition has the AUROC and the operating point of a calculation by hand."""

import numpy as np
import pandas as pd
import pytest

from tests.recipe_searches import SHARED, STAGE, film_sets_of, judge_in, write_trial
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.conditions import Condition, conditions_of_kind, operating_point
from tests.studies.recipes.results import add_differences, difference, rows_of
from tests.studies.recipes.trial import WHOLE, WITHOUT_HELD_OUT, log_odds
from tests.studies.recipes.work_folder import WorkFolder

WIDE, REFERENCE = RECIPES["wide"], RECIPES["wide_turned_degraded"]


def write_pair(folder, recipe, number=0, **n_wrong) -> None:
    for split in (WHOLE, WITHOUT_HELD_OUT):
        trial = SHARED.trial(recipe, STAGE.size_px, STAGE.epochs, number, split)
        write_trial(trial, WorkFolder(folder), n_wrong)


def test_log_odds_equal_a_calculation_by_hand():
    logits = np.log(np.array([[1.0, 2.0, 5.0], [6.0, 1.0, 1.0]], dtype=np.float32))
    # the first and the last class are positive: (1 + 5) / 2 and (6 + 1) / 1
    np.testing.assert_allclose(log_odds(logits, negative=1), np.log([3.0, 7.0]), rtol=1e-6)


def test_operating_point_reaches_97_of_100_films_exactly():
    assert operating_point(np.arange(100.0), 0.97) == 3.0  # the scores 3 to 99 are 97 films


def test_a_condition_is_judged_at_the_threshold_of_validation():
    films = (np.array([False, False, True, True]), pd.Series(list("abcd")), "val")
    found = Condition(np.array([0.0, 2.0, 1.0, 3.0]), *films, threshold=1.5).point()
    assert found == {"auroc": 0.75, "sensitivity": 0.5, "specificity": 0.5}


def test_a_cohort_of_one_class_has_a_sensitivity_and_no_auroc(tmp_path):
    write_pair(tmp_path, WIDE)
    judge = judge_in(tmp_path)
    assert judge.cohorts == ["clinic"]
    point = rows_of(judge, [WIDE], STAGE)[0]["conditions"]["external: ill"]
    # its first film scores 2.000, and the lowest positive film of validation 2.001
    assert point == {"auroc": None, "sensitivity": pytest.approx(11 / 12), "specificity": None}


def test_a_row_has_the_mean_of_its_networks(tmp_path):
    write_pair(tmp_path, WIDE, 0, **{"external/clinic": 4})
    write_pair(tmp_path, WIDE, 1, **{"external/clinic": 2, "look": 10})
    (row,) = rows_of(judge_in(tmp_path), [WIDE], STAGE)
    # 20 positive films; each wrong one loses to all negative ones
    assert row["external"] == pytest.approx((0.8 + 0.9) / 2)
    assert row["ordinary"] == 1.0
    # 10 of 20 positive looks are wrong in every condition but that of the negative films only
    assert row["degraded"] == pytest.approx((1 + (0.5 + 0.5 + 1) / 3) / 2)
    assert row["degraded_worst"] == pytest.approx((1 + 0.5) / 2)
    assert row["adapted"] == pytest.approx((1 + 0.5) / 2)
    assert row["conditions"]["external: clinic"]["sensitivity"] == pytest.approx((0.8 + 0.9) / 2)
    assert (row["n_seeds"], row["seconds"]) == (2, 60.0)


def test_only_seeds_with_both_networks_count(tmp_path):
    trial = SHARED.trial(WIDE, STAGE.size_px, STAGE.epochs, 0, WHOLE)
    write_trial(trial, WorkFolder(tmp_path), {})
    assert rows_of(judge_in(tmp_path), [WIDE], STAGE) == []


def test_differences_are_paired_by_patient(tmp_path):
    write_pair(tmp_path, REFERENCE, **{"external/clinic": 4})
    write_pair(tmp_path, WIDE, **{"external/clinic": 4, "look": 10})
    judge = judge_in(tmp_path)
    rows = rows_of(judge, [REFERENCE, WIDE], STAGE)
    add_differences(judge, rows, [REFERENCE, WIDE], STAGE)
    found = rows[1]["differences"]
    # equal scores of the external films: no resample shows a difference, unlike unpaired ones
    assert found["external"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert found["adapted"]["value"] == pytest.approx(-0.5)
    assert found["adapted"]["low"] < -0.5 < found["adapted"]["high"] < 0


def test_resamples_without_a_class_are_left_out_of_an_interval():
    one = np.array([0.5, 0.4, np.nan, 0.6])
    assert difference(one, np.zeros(4)) == pytest.approx(
        {"value": 0.5, "low": 0.405, "high": 0.595}
    )


def test_a_kind_without_conditions_is_not_offered():
    assert conditions_of_kind("external", []) == []
    assert len(conditions_of_kind("degraded", [])) == 24
    assert film_sets_of()["external/ill"].positive.all()
