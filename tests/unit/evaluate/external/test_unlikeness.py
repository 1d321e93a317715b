"""How unlike a cohort is: films of one kind are not told apart, films of another kind are."""

import numpy as np
import pandas as pd
import pytest

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.external.square_statistics import compare_squares, square_statistics
from tasks.evaluate.external.unlikeness import SeenFilms, domain_auroc, measure_unlikeness


def patients(n: int) -> pd.Series:
    return pd.Series([f"p{number // 2}" for number in range(n)])


def drawn(n: int, seed: int, shift: float = 0.0) -> Floats:
    return np.random.default_rng(seed).normal(shift, 1.0, (n, 12))


def squares(n: int, seed: int, level: int = 90) -> Pixels:
    rng = np.random.default_rng(seed)
    return rng.integers(level, level + 60, (n, 16, 16, 1), dtype=np.uint8)


def seen(n: int, seed: int, shift: float = 0.0, level: int = 90, n_novel: int = 0) -> SeenFilms:
    is_novel = np.arange(n) < n_novel
    table = pd.DataFrame({"group_id": patients(n), "is_novel": is_novel})
    return SeenFilms(table, squares(n, seed, level), drawn(n, seed, shift))


def test_statistics_of_a_square_by_hand() -> None:
    square = np.array([[0, 0, 0], [0, 90, 0], [0, 0, 0]], dtype=np.uint8)[
        np.newaxis, ..., np.newaxis
    ]
    mean, contrast, black, border, sharpness = square_statistics(square)[0]
    assert (mean, border, sharpness) == (10, 0, 0)  # one Laplacian alone has no variance
    assert contrast == pytest.approx(np.sqrt(800))
    assert black == pytest.approx(8 / 9)


def test_the_difference_is_in_standard_deviations_and_ks_is_that_of_scipy() -> None:
    from scipy.stats import ks_2samp

    home, cohort = squares(30, 1), squares(20, 2, level=100)
    rows = {row["name"]: row for row in compare_squares(home, cohort)}
    ours, theirs = home.mean(axis=(1, 2, 3)), cohort.mean(axis=(1, 2, 3))
    spread = np.sqrt((ours.var() + theirs.var()) / 2)
    row = rows["brightness"]
    assert row["difference"] == pytest.approx((theirs.mean() - ours.mean()) / spread)
    assert row["ks"] == ks_2samp(ours, theirs).statistic == 1.0
    assert rows["share of black"]["difference"] is None
    assert rows["share of black"]["ks"] == 0.0


def test_films_of_one_place_are_not_told_apart_and_those_of_another_are() -> None:
    same = domain_auroc(drawn(100, 1), drawn(100, 2), patients(100), patients(100))
    other = domain_auroc(drawn(100, 1), drawn(100, 2, shift=2.0), patients(100), patients(100))
    assert same["low"] is not None
    assert same["low"] < 0.5 < same["high"]  # type: ignore[operator]
    assert other["value"] > 0.99  # type: ignore[operator]


def test_films_of_one_patient_do_not_tell_the_place() -> None:
    """Without folds by patient, a copy of each film in the other fold would tell."""
    home, cohort = drawn(20, 1), drawn(20, 2)
    twice = patients(40)
    found = domain_auroc(home.repeat(2, axis=0), cohort.repeat(2, axis=0), twice, twice)
    assert found["low"] < 0.5  # type: ignore[operator]


def test_too_few_patients_give_no_number() -> None:
    few = domain_auroc(drawn(8, 1), drawn(8, 2), patients(8), patients(8))
    assert few == {"value": None, "low": None, "high": None}


def test_the_whole_comparison_in_words() -> None:
    home, cohort = seen(40, 1, n_novel=1), seen(30, 2, shift=3.0, level=60, n_novel=6)
    resamples = resample_patients(cohort.table["group_id"], 200, seed=0)
    found = measure_unlikeness(home, cohort, resamples)
    assert found["novel"]["value"] == pytest.approx(0.2)
    assert found["novel"]["low"] < 0.2 < found["novel"]["high"]
    assert found["novel_at_home"] == pytest.approx(0.025)
    novelty, domain, largest = found["sentences"]
    assert novelty == (
        "The novelty score flags 20.0 % of these films, and 2.5 % of the validation films."
    )
    assert "in 100.0 % of pairs (50 % is chance)" in domain
    assert largest.startswith("The largest difference is brightness: ")
    assert largest.endswith("standard deviations lower than at home.")
