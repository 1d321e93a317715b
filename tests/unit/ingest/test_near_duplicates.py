"""The search finds exactly the pairs of a full comparison, in less time."""

import random
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.ingest import kept_links
from tasks.ingest import near_duplicates as module
from tasks.ingest.kept_links import MAX_LINKS
from tasks.ingest.near_duplicates import MAX_TWINS, near_duplicates

RNG = random.Random(0)
BASES = [RNG.getrandbits(256) for _ in range(3)] + [0, 2**256 - 1, 2**128 - 1]


def in_hex(numbers: list[int]) -> pd.Series:
    return pd.Series([f"{number:064x}" for number in numbers], dtype="str")


def flip(number: int, bits: list[int]) -> int:
    for bit in bits:
        number ^= 1 << bit
    return number


def two_loops(numbers: list[int], max_bits: int) -> list[list[int]]:
    return [
        [first, second]
        for first in range(len(numbers))
        for second in range(first + 1, len(numbers))
        if (numbers[first] ^ numbers[second]).bit_count() <= max_bits
    ]


def skewed(n: int, seed: int, n_flips: int = 40) -> list[int]:
    """Hashes whose bits are mostly 0, as on films with a dark border."""
    rng = np.random.default_rng(seed)
    chance = np.repeat([0.02, 0.1, 0.5], [128, 128 - n_flips, n_flips])
    bits = rng.random((n, 256)) < rng.permutation(chance)
    return [int.from_bytes(row.tobytes(), "big") for row in np.packbits(bits, axis=1)]


def components(n: int, pairs: list[list[int]]) -> list[int]:
    """Smallest member of the connected component of each of `n` hashes."""
    smallest = list(range(n))
    for _ in range(n):
        for first, second in pairs:
            smallest[first] = smallest[second] = min(smallest[first], smallest[second])
    return smallest


BITS = st.lists(st.integers(0, 255), max_size=34, unique=True)
FILMS = st.lists(st.tuples(st.sampled_from(BASES), BITS), max_size=MAX_TWINS)


@given(FILMS, st.integers(0, 32))
@settings(deadline=None, max_examples=200)
def test_pairs_are_those_of_a_full_comparison(
    films: list[tuple[int, list[int]]], limit: int
) -> None:
    numbers = [flip(base, bits) for base, bits in films]
    found = near_duplicates(in_hex(numbers), limit)
    assert found.dtype == np.int64
    assert found.shape[1:] == (2,)
    assert found.tolist() == two_loops(numbers, limit)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 120),
    st.integers(0, 32),
    st.integers(1, 4),
)
@settings(deadline=None, max_examples=60)
def test_no_pair_is_missed_where_chunks_are_split_to_the_end(
    seed: int, n: int, limit: int, n_shared: int
) -> None:
    """SORT_COST 0 makes even few hashes go through every chunk."""
    numbers = sorted(set(skewed(n, seed)))
    random.Random(seed).shuffle(numbers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SORT_COST", 0)
        patch.setattr(module, "N_SHARED_CHUNKS", n_shared)
        patch.setattr(kept_links, "MAX_PENDING", 50)
        patch.setattr(kept_links, "MAX_LINKS", n)
        found = near_duplicates(in_hex(numbers), limit)
    assert found.tolist() == two_loops(numbers, limit)


@pytest.mark.parametrize("limit", [0, 3, 12, 24, 32])
def test_many_skewed_hashes_give_the_pairs_of_a_full_comparison(
    monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    numbers = skewed(1500, seed=limit)
    assert len(set(numbers)) == len(numbers)
    expected = two_loops(numbers, limit)
    assert len(expected) > 100 or limit < 24  # enough pairs for a meaningful test
    monkeypatch.setattr(kept_links, "MAX_LINKS", len(numbers))
    assert near_duplicates(in_hex(numbers), limit).tolist() == expected


def test_pairs_at_the_limit_are_found_and_pairs_above_it_are_not() -> None:
    rng = random.Random(5)
    originals = skewed(4000, seed=5, n_flips=128)
    copies = [flip(number, rng.sample(range(256), 12)) for number in originals[:200]]
    strangers = [flip(number, rng.sample(range(256), 13)) for number in originals[200:400]]
    found = near_duplicates(in_hex(originals + copies + strangers), 12).tolist()
    assert found == [[row, 4000 + row] for row in range(200)]


@pytest.mark.parametrize("limit", [1, 3, 4, 12])
@pytest.mark.parametrize("n_shared", [2, 3])
def test_a_pair_with_the_fewest_possible_common_chunks_is_found(
    monkeypatch: pytest.MonkeyPatch, limit: int, n_shared: int
) -> None:
    """Random bits make splitting worthwhile at each step; few chunks make agreement rare."""
    monkeypatch.setattr(module, "SORT_COST", 0)
    monkeypatch.setattr(module, "N_SHARED_CHUNKS", n_shared)
    monkeypatch.setattr(module, "MIN_HASH_CHUNKS", 5)
    rng = random.Random(limit)
    # 10 random bits at random places: a chunk holds one or two of them, so all buckets are large
    places = rng.sample(range(256), 10)
    scattered = [rng.getrandbits(256) for _ in range(300)]
    crowd = [flip(0, [place for place in places if rng.random() < 0.5]) for _ in range(600)]
    crowd = [number ^ flip(0, rng.sample(range(256), 30)) for number in crowd]
    originals = scattered + crowd
    copies = [flip(number, rng.sample(range(256), limit)) for number in originals]
    numbers = originals + copies
    assert near_duplicates(in_hex(numbers), limit).tolist() == two_loops(numbers, limit)


@pytest.mark.parametrize("bit", [0, 63, 64, 127, 128, 191, 192, 255])
def test_all_256_bits_count(bit: int) -> None:
    pair = in_hex([BASES[0], flip(BASES[0], [bit])])
    assert near_duplicates(pair, 0).tolist() == []
    assert near_duplicates(pair, 1).tolist() == [[0, 1]]


def test_opposite_pictures_are_256_bits_apart_not_zero() -> None:
    assert near_duplicates(in_hex([0, 2**256 - 1]), 32).tolist() == []


@pytest.mark.parametrize("limit", [0, 12, 32])
def test_zero_one_and_two_hashes_are_accepted(limit: int) -> None:
    assert near_duplicates(in_hex([]), limit).shape == (0, 2)
    assert near_duplicates(in_hex([7]), limit).shape == (0, 2)
    assert near_duplicates(in_hex([7, 7]), limit).tolist() == [[0, 1]]


def test_the_index_of_the_series_is_ignored() -> None:
    hashes = in_hex([1, 2**255, 3])
    hashes.index = pd.Index([9, 9, 4])
    assert near_duplicates(hashes, 1).tolist() == [[0, 2]]


def test_many_identical_hashes_give_fewer_pairs_but_the_same_components() -> None:
    numbers = [BASES[0]] * 40 + [flip(BASES[0], [1, 2])] * 3 + [BASES[1]] * 2
    random.Random(1).shuffle(numbers)
    found = near_duplicates(in_hex(numbers), 5).tolist()
    every = two_loops(numbers, 5)
    assert components(len(numbers), found) == components(len(numbers), every)
    assert found == sorted(found)
    assert all(pair in every for pair in found)
    assert len(found) < (MAX_LINKS + 1) * len(numbers)


def test_a_hundred_thousand_identical_hashes_give_about_that_many_pairs() -> None:
    found = near_duplicates(in_hex([BASES[0]] * 100_000), 12)
    assert len(found) == MAX_TWINS * (MAX_TWINS - 1) // 2 + 100_000 - MAX_TWINS
    assert (found[:, 0] < found[:, 1]).all()


def test_the_time_grows_far_less_than_with_the_square_of_the_number() -> None:
    elapsed_s = []
    for n in (10_000, 40_000):
        hashes = in_hex(skewed(n, seed=n, n_flips=128))
        start_s = time.process_time()
        near_duplicates(hashes, 12)
        elapsed_s.append(time.process_time() - start_s)
    assert elapsed_s[1] < 9 * elapsed_s[0]
