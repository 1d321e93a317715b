"""Films of one patient, and films that look alike, are one group."""

import time
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.statistics.groups import join_groups

Film = tuple[str, str | None, str]


def films_of(rows: list[Film]) -> pd.DataFrame:
    """Path, patient and pixels of each film; the image id is the path's letters 16 times over."""
    films = pd.DataFrame(rows, columns=["path", "patient_id", "pixel_hash"], dtype="str")
    return films.assign(image_id=films["path"].str.repeat(16))


def pairs_of(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["path_a", "path_b"], dtype="str")


def test_patient_pixels_and_looks_join_and_the_chain_holds() -> None:
    films = films_of(
        [
            ("1", "d", "p1"),
            ("2", "d", "p2"),  # the patient of the film above
            ("3", "c", "p2"),  # the pixels of the film above
            ("4", "b", "p4"),  # looks like the film above
            ("5", "e", "p5"),  # on its own
        ]
    )
    assert join_groups(films, pairs_of(("3", "4"))).tolist() == ["b", "b", "b", "b", "e"]
    assert join_groups(films, pairs_of()).tolist() == ["c", "c", "c", "b", "e"]


def test_a_film_without_patient_is_a_patient_of_its_own() -> None:
    films = films_of([("x", None, "p1"), ("y", None, "p2"), ("z", "a", "p3")])
    assert join_groups(films, pairs_of()).tolist() == ["film:" + "x" * 16, "film:" + "y" * 16, "a"]
    assert join_groups(films, pairs_of(("y", "z"))).tolist() == ["film:" + "x" * 16, "a", "a"]


def test_films_are_joined_through_one_that_was_left_out() -> None:
    films = films_of([("1", "a", "p1"), ("3", "b", "p3")])
    through = pairs_of(("1", "2"), ("2", "3"), ("8", "9"))
    assert join_groups(films, through).tolist() == ["a", "a"]


def test_unknown_pixels_join_nothing() -> None:
    films = films_of([("1", "a", None), ("2", "b", None)])
    assert join_groups(films, pairs_of()).tolist() == ["a", "b"]


def test_the_result_follows_the_index_of_the_films() -> None:
    films = films_of([("1", "b", "p1"), ("2", "a", "p2")]).set_index(pd.Index([7, 3]))
    joined = join_groups(films, pairs_of(("1", "2")))
    assert joined.index.tolist() == [7, 3]
    assert joined.tolist() == ["a", "a"]


@pytest.mark.parametrize("n_films", [0, 1])
def test_few_films_are_no_trouble(n_films: int) -> None:
    joined = join_groups(films_of([("1", "a", "p")] * n_films), pairs_of())
    assert joined.tolist() == ["a"] * n_films
    assert joined.dtype == "str"


KEYS = st.tuples(st.none() | st.integers(0, 6), st.integers(0, 9))


@given(
    st.lists(KEYS, min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=8),
    st.integers(0, 999),
)
@settings(deadline=None)
def test_groups_are_those_of_a_plain_search_whatever_the_order_of_the_rows(
    keys: list[tuple[int | None, int]], links: list[tuple[int, int]], seed: int
) -> None:
    rows = [
        (f"f{row:02d}", None if patient is None else f"n{patient}", f"p{pixels}")
        for row, (patient, pixels) in enumerate(keys)
    ]
    films, pairs = films_of(rows), pairs_of(*((f"f{a:02d}", f"f{b:02d}") for a, b in links))
    joined = join_groups(films, pairs)
    assert joined.tolist() == plain_search(films, pairs)
    shuffled = films.sample(frac=1, random_state=seed)
    assert join_groups(shuffled, pairs).sort_index().tolist() == joined.tolist()


def plain_search(films: pd.DataFrame, pairs: pd.DataFrame) -> list[str]:
    """Join what shares a name until nothing changes."""
    own = "film:" + films["image_id"].str[:16]
    patient = dict(zip(films["path"], films["patient_id"].fillna(own), strict=True))
    names = {path: {path} for path in [*films["path"], *pairs["path_a"], *pairs["path_b"]]}
    for path, pixels in zip(films["path"], films["pixel_hash"], strict=True):
        names[path] |= {f"patient {patient[path]}", f"pixels {pixels}"}
    for path_a, path_b in zip(pairs["path_a"], pairs["path_b"], strict=True):
        names[path_a].add(path_b)
        names[path_b].add(path_a)
    for _ in names:
        for known in names.values():
            known.update(*(others for others in names.values() if others & known))
    return [
        min(patient[other] for other in patient if names[other] & names[path])
        for path in films["path"]
    ]


@pytest.mark.slow
def test_a_million_films_take_seconds_and_little_memory() -> None:
    n_films = 1_000_000
    number = np.arange(n_films)
    films = pd.DataFrame(
        {
            "path": pd.Series(number).map("train/NORMAL/{:08d}.jpeg".format),
            "image_id": pd.Series(number).map("{:064x}".format),
            "patient_id": pd.Series(number // 3).map("n{:08d}".format),
            "pixel_hash": pd.Series(number // 2).map("{:064x}".format),
        }
    )
    pairs = pd.DataFrame({"path_a": films["path"][::10], "path_b": films["path"].shift(-1)[::10]})
    tracemalloc.start()
    start_s = time.monotonic()
    joined = join_groups(films, pairs)
    elapsed_s = time.monotonic() - start_s
    extra_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert joined.nunique() < n_films / 3
    assert elapsed_s < 30
    assert extra_bytes < 500e6
