"""Films of one patient, and films that look alike, are one group."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.resample import groups
from tasks.resample.groups import join_groups, near_duplicates
from tests.unit.resample.frames import digest


def by_hand(hashes: list[str], max_bits: int) -> list[list[int]]:
    numbers = [int(text, 16) for text in hashes]
    return [
        [first, second]
        for first in range(len(numbers))
        for second in range(first + 1, len(numbers))
        if (numbers[first] ^ numbers[second]).bit_count() <= max_bits
    ]


def flip(text: str, bits: list[int]) -> str:
    number = int(text, 16)
    for bit in bits:
        number ^= 1 << bit
    return f"{number:064x}"


BITS = st.lists(st.integers(0, 255), max_size=20, unique=True)


@given(st.lists(st.tuples(st.integers(0, 3), BITS), max_size=14), st.integers(0, 32))
@settings(deadline=None)
def test_pairs_are_those_of_two_plain_loops(films: list[tuple[int, list[int]]], limit: int) -> None:
    hashes = [flip(digest(base), bits) for base, bits in films]
    found = near_duplicates(pd.Series(hashes, dtype="str"), limit)
    assert found.dtype == np.int64
    assert found.tolist() == by_hand(hashes, limit)


@pytest.mark.parametrize("block_rows", [1, 3, 7, 512])
def test_pairs_do_not_depend_on_the_size_of_a_block(
    monkeypatch: pytest.MonkeyPatch, block_rows: int
) -> None:
    monkeypatch.setattr(groups, "BLOCK_ROWS", block_rows)
    hashes = [flip(digest(number % 4), list(range(number))) for number in range(17)]
    assert near_duplicates(pd.Series(hashes), 5).tolist() == by_hand(hashes, 5)


def test_the_limit_itself_counts_as_near() -> None:
    hashes = pd.Series([digest("a"), flip(digest("a"), list(range(0, 256, 20)))])  # 13 bits
    assert near_duplicates(hashes, 13).tolist() == [[0, 1]]
    assert near_duplicates(hashes, 12).tolist() == []


def test_all_256_bits_count() -> None:
    for bit in (0, 63, 64, 127, 128, 191, 192, 255):
        pair = pd.Series([digest("a"), flip(digest("a"), [bit])])
        assert near_duplicates(pair, 0).tolist() == []
        assert near_duplicates(pair, 1).tolist() == [[0, 1]]


def test_opposite_pictures_are_256_bits_apart_not_zero() -> None:
    assert near_duplicates(pd.Series(["0" * 64, "f" * 64]), 32).tolist() == []


def table(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["patient_id", "pixel_hash", "perceptual_hash"])


def test_patient_pixels_and_looks_join_and_the_chain_holds() -> None:
    rows = [
        ("d", "p1", digest(1)),
        ("d", "p2", digest(2)),  # patient d
        ("c", "p2", digest(3)),  # pixels of the film above
        ("b", "p4", flip(digest(3), [1, 2, 3])),  # looks like the film above
        ("e", "p5", digest(5)),  # on its own
    ]
    assert join_groups(table(rows), 12).tolist() == ["b", "b", "b", "b", "e"]
    assert join_groups(table(rows), 2).tolist() == ["c", "c", "c", "b", "e"]


@pytest.mark.parametrize("n_films", [0, 1])
def test_few_films_are_no_trouble(n_films: int) -> None:
    assert join_groups(table([("a", "p", digest(1))] * n_films), 12).tolist() == ["a"] * n_films


KEYS = st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(0, 9))


@given(st.lists(KEYS, min_size=1, max_size=20), st.integers(0, 999))
@settings(deadline=None)
def test_groups_do_not_depend_on_the_order_of_the_rows(
    keys: list[tuple[int, int, int]], seed: int
) -> None:
    films = table([(f"n{patient}", f"p{pixels}", digest(look)) for patient, pixels, look in keys])
    shuffled = films.sample(frac=1, random_state=seed)
    groups_of = join_groups(films, 12)
    assert (
        join_groups(shuffled.reset_index(drop=True), 12).tolist()
        == groups_of[shuffled.index].tolist()
    )
    for column in ("patient_id", "pixel_hash", "perceptual_hash"):
        assert (groups_of.groupby(films[column]).nunique() == 1).all()
    assert (groups_of.groupby(groups_of).size().index == sorted(set(groups_of))).all()


def test_films_that_share_nothing_share_no_group() -> None:
    films = table([(f"n{number}", f"p{number}", digest(number)) for number in range(300)])
    assert join_groups(films, 12).tolist() == films["patient_id"].tolist()
