"""Splits and folds have the requested shares and every class, and folds do not overlap."""

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


def draws_table(*rows: tuple[str, str, float]) -> tuple[pd.DataFrame, pd.Series]:
    films = pd.DataFrame(rows, columns=["group_id", "label", "draw"])
    return films[["group_id", "label"]], films["draw"]


def test_a_draw_below_the_threshold_is_in_the_first_bin_and_one_at_it_in_the_second() -> None:
    films, draws = draws_table(
        *[("a", "N", 0.0), ("b", "N", 0.1999), ("c", "N", 0.2), ("d", "N", 0.9), ("e", "N", 1.0)]
    )
    assert place_groups(films, draws, HALVES).tolist() == [0, 0, 1, 1, 1]


def test_many_bins_by_hand() -> None:
    films, draws = draws_table(("a", "N", 0.1), ("b", "N", 0.3), ("c", "N", 0.5), ("d", "N", 0.99))
    quarters = Bins(("0", "1", "2", "3"), (0.25, 0.5, 0.75), (0, 0, 0, 0))
    assert place_groups(films, draws, quarters).tolist() == [0, 1, 2, 3]


MOVES: dict[str, tuple[list[tuple[str, str, float]], list[int], str]] = {
    "none in the test: the lowest draw moves there": (
        [("a", "N", 0.7), ("b", "N", 0.4), ("b", "N", 0.4), ("c", "N", 0.9)],
        [1, 0, 0, 1],
        "N has 0 groups in test, needs 1: group b (draw 0.4000) moves there from the rest",
    ),
    "too many in the test: the highest draws leave it": (
        [("a", "N", 0.05), ("b", "N", 0.15), ("c", "N", 0.11)],
        [0, 1, 1],
        "N has 0 groups in the rest, needs 2: group b (draw 0.1500) moves there from test",
    ),
    "of equal draws the smaller key moves": (
        [("b", "N", 0.4), ("a", "N", 0.4), ("c", "N", 0.9)],
        [1, 0, 1],
        "group a (draw 0.4000)",
    ),
    "another class does not move": (
        [("a", "N", 0.7), ("b", "N", 0.4), ("c", "N", 0.9),
         ("d", "P", 0.1), ("e", "P", 0.3), ("f", "P", 0.3)],
        [1, 0, 1, 0, 1, 1],
        "N has 0 groups in test",
    ),
    "a group of two classes stays if one of them needs it": (
        [("a", "N", 0.3), ("a", "P", 0.3), ("b", "N", 0.4), ("c", "N", 0.9),
         ("d", "P", 0.1), ("e", "P", 0.3)],
        [1, 1, 0, 1, 0, 1],
        "group b (draw 0.4000)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MOVES)
def test_the_nearest_group_of_a_missing_class_moves_and_a_log_line_says_so(
    case: str, caplog: pytest.LogCaptureFixture
) -> None:
    rows, expected, message = MOVES[case]
    films, draws = draws_table(*rows)
    with caplog.at_level(logging.INFO):
        assert place_groups(films, draws, HALVES).tolist() == expected
    assert message in caplog.text


def test_a_group_that_its_bin_needs_does_not_move() -> None:
    films, draws = draws_table(("a", "N", 0.7), ("b", "N", 0.4))
    assert place_groups(films, draws, HALVES).tolist() == [1, 1]


DRAWS = st.floats(0, 1, exclude_max=True)


@given(st.lists(st.tuples(st.sampled_from("NP"), DRAWS), max_size=30), st.integers(2, 5))
@settings(max_examples=30, deadline=None)
def test_every_bin_gets_every_class_that_has_enough_groups(
    groups: list[tuple[str, float]], n_bins: int
) -> None:
    films, draws = draws_table(*((f"g{n}", label, lot) for n, (label, lot) in enumerate(groups)))
    edges = tuple(k / n_bins for k in range(1, n_bins))
    bins = Bins(tuple(map(str, range(n_bins))), edges, (1,) * n_bins)
    places = place_groups(films, draws, bins)
    for label, n in films["label"].value_counts().items():
        if n >= n_bins:
            assert set(places[films["label"] == label]) == set(range(n_bins))
    plain = np.searchsorted(edges, draws, side="right")
    filled = pd.Series(plain).groupby(films["label"]).nunique()
    if (filled == n_bins).all():
        assert places.tolist() == plain.tolist()


SIZES = st.lists(st.integers(1, 30), min_size=40, max_size=120)


def tolerance(n_films: pd.Series, share: float) -> float:
    """The limit stated in `tasks/resample/splits.py`, for groups of these sizes."""
    return float(4 * np.sqrt(share * (1 - share) * (n_films**2).sum()) / n_films.sum())


@given(SIZES, st.sampled_from([0.1, 0.2, 0.4]), st.sampled_from([0.15, 0.3]), st.integers(0, 999))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_shares_of_each_stratum_are_within_the_documented_limit(
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
    draws = pd.Series(np.random.default_rng(0).random(n_groups))
    # 4 x sqrt(0.2 x 0.8 / 20000) = 0.0113
    assert tolerance(pd.Series(np.ones(n_groups)), 0.2) == pytest.approx(0.0113, abs=1e-4)
    assert abs((place_groups(rows, draws, HALVES) == 0).mean() - 0.2) < 0.0113


def two_classes(n: int = 40) -> list[Row]:
    return [*patients("NORMAL", n, 2), *patients("PNEUMONIA", n, subtype="virus")]


@given(st.integers(2, 8), st.integers(0, 2**32 - 1), st.integers(8, 40))
@settings(max_examples=8, deadline=None)
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
    per_fold = by_path[0].dropna(subset="fold").groupby(["label", "fold"]).size()
    assert len(per_fold) == 2 * k


def test_folds_of_many_patients_have_similar_sizes() -> None:
    samples = cohort([*patients("N", 500), *patients("P", 500)], n_folds=5)
    rest = samples.dropna(subset="fold")
    for _, films in rest.groupby("label"):
        bound = tolerance(pd.Series(np.ones(len(films))), 1 / 5)
        assert (abs(films["fold"].value_counts(normalize=True) - 1 / 5) < bound).all()


def test_folds_do_not_change_the_test_split() -> None:
    plain, folded = cohort(two_classes()), cohort(two_classes(), n_folds=5)
    assert plain["fold"].isna().all()
    tests = [set(films.loc[films["split"] == "test", "path"]) for films in (plain, folded)]
    assert tests[0] == tests[1]


def test_folds_exclude_a_given_test_split() -> None:
    in_test = [*patients("NORMAL", 3, given_split="test"), *patients("PNEUMONIA", 3,
            given_split="test")]  # fmt: skip
    samples = cohort([*in_test, *two_classes()], n_folds=3, fold=2)
    assert samples["fold"].isna().sum() == 6
    assert samples.loc[samples["fold"].isna(), "given_split"].tolist() == ["test"] * 6
    assert (samples.loc[samples["split"] == "val", "fold"] == 2).all()


def test_a_class_with_fewer_groups_than_folds_is_refused() -> None:
    rows = [*patients("NORMAL", 40), *patients("PNEUMONIA", 5, 3)]
    assert set(cohort(rows, n_folds=4).query("label == 'PNEUMONIA'")["fold"].dropna()) == {
        0,
        1,
        2,
        3,
    }
    with pytest.raises(CohortError, match="every fold") as caught:
        cohort(rows, n_folds=5)
    assert "PNEUMONIA has no film in" in caught.value.found
    assert "(all its groups of patients: 5)" in caught.value.found
