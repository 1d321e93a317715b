"""Splits and folds: shares near those asked for, no class missing, folds that partition."""

import logging
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import CohortError
from tasks.resample.cohort import build_cohort
from tasks.resample.splits import Bins, place_groups
from tests.unit.resample.frames import (
    Row,
    film,
    pairs_of,
    patients,
    resample_params,
    usable_films,
)

HALVES = Bins(("test", "the rest"), (0.2,), (1, 2))


def cohort(rows: list[Row], **changes: Any) -> pd.DataFrame:
    films = usable_films(rows)
    return build_cohort(films, pairs_of(films), resample_params(**changes))[0]


def table(*rows: tuple[str, str, float]) -> tuple[pd.DataFrame, pd.Series]:
    films = pd.DataFrame(rows, columns=["group_id", "label", "lot"])
    return films[["group_id", "label"]], films["lot"]


def test_a_lot_below_the_threshold_is_in_the_first_bin_and_on_it_in_the_second() -> None:
    films, lots = table(
        *[("a", "N", 0.0), ("b", "N", 0.1999), ("c", "N", 0.2), ("d", "N", 0.9), ("e", "N", 1.0)]
    )
    assert place_groups(films, lots, HALVES).tolist() == [0, 0, 1, 1, 1]


def test_many_bins_by_hand() -> None:
    films, lots = table(("a", "N", 0.1), ("b", "N", 0.3), ("c", "N", 0.5), ("d", "N", 0.99))
    quarters = Bins(("0", "1", "2", "3"), (0.25, 0.5, 0.75), (0, 0, 0, 0))
    assert place_groups(films, lots, quarters).tolist() == [0, 1, 2, 3]


MOVES: dict[str, tuple[list[tuple[str, str, float]], list[int], str]] = {
    "none in the test: the lowest lot goes there": (
        [("a", "N", 0.7), ("b", "N", 0.4), ("b", "N", 0.4), ("c", "N", 0.9)],
        [1, 0, 0, 1],
        "N has 0 groups in test and needs 1: group b of lot 0.4000 moves there from the rest",
    ),
    "too many in the test: the highest lots leave it": (
        [("a", "N", 0.05), ("b", "N", 0.15), ("c", "N", 0.11)],
        [0, 1, 1],
        "N has 0 groups in the rest and needs 2: group b of lot 0.1500 moves there from test",
    ),
    "of equal lots the smaller key": (
        [("b", "N", 0.4), ("a", "N", 0.4), ("c", "N", 0.9)],
        [1, 0, 1],
        "group a of lot 0.4000",
    ),
    "another class is not touched": (
        [("a", "N", 0.7), ("b", "N", 0.4), ("c", "N", 0.9),
         ("d", "P", 0.1), ("e", "P", 0.3), ("f", "P", 0.3)],
        [1, 0, 1, 0, 1, 1],
        "N has 0 groups in test",
    ),
    "a group of two classes stays where either cannot spare it": (
        [("a", "N", 0.3), ("a", "P", 0.3), ("b", "N", 0.4), ("c", "N", 0.9),
         ("d", "P", 0.1), ("e", "P", 0.3)],
        [1, 1, 0, 1, 0, 1],
        "group b of lot 0.4000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MOVES)
def test_where_a_class_is_missing_the_nearest_group_moves_and_the_log_says_so(
    case: str, caplog: pytest.LogCaptureFixture
) -> None:
    rows, expected, message = MOVES[case]
    films, lots = table(*rows)
    with caplog.at_level(logging.INFO):
        assert place_groups(films, lots, HALVES).tolist() == expected
    assert message in caplog.text


def test_what_cannot_be_spared_is_not_moved() -> None:
    films, lots = table(("a", "N", 0.7), ("b", "N", 0.4))
    assert place_groups(films, lots, HALVES).tolist() == [1, 1]


LOTS = st.floats(0, 1, exclude_max=True)


@given(st.lists(st.tuples(st.sampled_from("NP"), LOTS), max_size=30), st.integers(2, 5))
@settings(deadline=None)
def test_every_bin_gets_every_class_that_has_enough_groups(
    groups: list[tuple[str, float]], n_bins: int
) -> None:
    films, lots = table(*((f"g{n}", label, lot) for n, (label, lot) in enumerate(groups)))
    edges = tuple(k / n_bins for k in range(1, n_bins))
    bins = Bins(tuple(map(str, range(n_bins))), edges, (1,) * n_bins)
    places = place_groups(films, lots, bins)
    for label, n in films["label"].value_counts().items():
        if n >= n_bins:
            assert set(places[films["label"] == label]) == set(range(n_bins))
    plain = np.searchsorted(edges, lots, side="right")
    filled = pd.Series(plain).groupby(films["label"]).nunique()
    if (filled == n_bins).all():
        assert places.tolist() == plain.tolist()


SIZES = st.lists(st.integers(1, 30), min_size=40, max_size=120)


def tolerance(n_films: pd.Series, share: float) -> float:
    """The bound of `tasks/resample/splits.py` for groups of these sizes."""
    return float(4 * np.sqrt(share * (1 - share) * (n_films**2).sum()) / n_films.sum())


@given(SIZES, st.sampled_from([0.1, 0.2, 0.4]), st.sampled_from([0.15, 0.3]), st.integers(0, 999))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_shares_of_each_stratum_lie_within_the_stated_tolerance(
    sizes: list[int], test_share: float, val_share: float, seed: int
) -> None:
    rows = [
        film(f"{label}{subtype}{n}-{part}", label, f"{label}{subtype}:{n}", subtype=subtype)
        for label, subtype in (("N", None), ("P", "bacteria"), ("P", "virus"))
        for n, size in enumerate(sizes)
        for part in range(size)
    ]
    samples = cohort(rows, test_share=test_share, val_share=val_share, seed=seed)
    for _, films in samples.groupby(["label", "subtype"], dropna=False):
        rest = films[films["split"] != "test"]  # the second share is of the rest
        for split, share, among in (("test", test_share, films), ("val", val_share, rest)):
            got = (among["split"] == split).mean()
            assert abs(got - share) <= tolerance(among.groupby("group_id").size(), share)


def test_shares_of_a_large_set_are_close() -> None:
    n_groups = 20_000
    rows = pd.DataFrame({"group_id": [f"g{n}" for n in range(n_groups)], "label": "N"})
    lots = pd.Series(np.random.default_rng(0).random(n_groups))
    # 4 x sqrt(0.2 x 0.8 / 20000) = 0.0113
    assert tolerance(pd.Series(np.ones(n_groups)), 0.2) == pytest.approx(0.0113, abs=1e-4)
    assert abs((place_groups(rows, lots, HALVES) == 0).mean() - 0.2) < 0.0113


def two_classes(n: int = 40) -> list[Row]:
    return [*patients("NORMAL", n, 2), *patients("PNEUMONIA", n, subtype="virus")]


@given(st.integers(2, 8), st.integers(0, 2**32 - 1), st.integers(8, 40))
@settings(max_examples=15, deadline=None)
def test_folds_partition_the_films_outside_the_test(k: int, seed: int, n: int) -> None:
    rows = two_classes(n + 1)
    runs = [cohort(rows, n_folds=k, fold=fold, seed=seed) for fold in range(k)]
    by_path = [run.set_index("path").sort_index() for run in runs]
    folds = by_path[0]["fold"]
    assert str(folds.dtype) == "Int32"
    assert (folds.isna() == (by_path[0]["split"] == "test")).all()
    for fold, run in enumerate(by_path):
        assert run["fold"].equals(folds)
        assert ((run["split"] == "val") == (folds == fold).fillna(value=False)).all()
    n_vals = sum((run["split"] == "val").astype(int) for run in by_path)
    assert (n_vals == folds.notna()).all()
    assert (by_path[0].groupby("group_id")["fold"].nunique() <= 1).all()
    held_in = by_path[0].dropna(subset="fold").groupby(["label", "fold"]).size()
    assert len(held_in) == 2 * k


def test_folds_of_many_patients_are_of_one_size() -> None:
    samples = cohort([*patients("N", 500), *patients("P", 500)], n_folds=5)
    rest = samples.dropna(subset="fold")
    for _, films in rest.groupby("label"):
        bound = tolerance(pd.Series(np.ones(len(films))), 1 / 5)
        assert (abs(films["fold"].value_counts(normalize=True) - 1 / 5) < bound).all()


def test_folds_leave_the_test_as_it_is_without_them() -> None:
    plain, folded = cohort(two_classes()), cohort(two_classes(), n_folds=5)
    assert plain["fold"].isna().all()
    tests = [set(films.loc[films["split"] == "test", "path"]) for films in (plain, folded)]
    assert tests[0] == tests[1]


def test_folds_beside_a_given_test() -> None:
    held = [*patients("NORMAL", 3, given_split="test"), *patients("PNEUMONIA", 3,
            given_split="test")]  # fmt: skip
    samples = cohort([*held, *two_classes()], n_folds=3, fold=2)
    assert samples["fold"].isna().sum() == 6
    assert samples.loc[samples["fold"].isna(), "given_split"].tolist() == ["test"] * 6
    assert (samples.loc[samples["split"] == "val", "fold"] == 2).all()


def test_a_class_with_fewer_groups_than_folds_is_refused() -> None:
    rows = [*patients("NORMAL", 40), *patients("PNEUMONIA", 5, 3)]
    assert set(cohort(rows, n_folds=4).query("label == 'PNEUMONIA'")["fold"].dropna()) == {
        *(0, 1, 2, 3),
    }
    with pytest.raises(CohortError, match="every fold") as caught:
        cohort(rows, n_folds=5)
    assert "PNEUMONIA has no film in" in caught.value.found
    assert "(groups of patients in all: 5)" in caught.value.found
