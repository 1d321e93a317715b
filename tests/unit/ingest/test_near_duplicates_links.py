"""Many look-alikes give few pairs, and the groups that all pairs would give."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tasks.ingest import kept_links
from tasks.ingest import near_duplicates as module
from tasks.ingest.kept_links import MAX_LINKS, KeptLinks
from tasks.ingest.near_duplicates import near_duplicates

Pairs = NDArray[np.int64]


def in_hex(bits: NDArray[np.bool_]) -> pd.Series:
    return pd.Series([row.tobytes().hex() for row in np.packbits(bits, axis=1)], dtype="str")


def look_alikes(n: int, seed: int, n_places: int = 256, n_flips: int = 4) -> NDArray[np.bool_]:
    """Hashes that differ from one of two in at most `n_flips` of the first `n_places` bits."""
    rng = np.random.default_rng(seed)
    bits = np.zeros((n, 256), dtype=bool)
    bits[rng.random(n) < 0.3, 100:200] = True
    for row in bits:
        row[rng.integers(0, n_places, rng.integers(0, n_flips + 1))] ^= True
    return bits


def all_pairs(bits: NDArray[np.bool_], max_bits: int, alike: NDArray[np.bool_]) -> Pairs:
    distance = (bits[:, None] ^ bits[None]).sum(axis=2)
    return np.argwhere(np.triu((distance <= max_bits) & alike, 1))


def groups(n: int, pairs: Pairs) -> list[int]:
    """Number of the group of each of `n` films; equal groupings give equal numbers."""
    edges = coo_array((np.ones(len(pairs)), pairs.T.reshape(2, -1)), shape=(n, n))
    return pd.factorize(connected_components(edges, directed=False)[1])[0].tolist()


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 12), st.integers(1, 5),
    st.sampled_from([0.02, 0.2, 0.9, 1.0]),
)  # fmt: skip
@settings(deadline=None, max_examples=150)
def test_groups_are_those_of_all_pairs_that_are_confirmed(
    seed: int, n: int, limit: int, n_links: int, share: float
) -> None:
    """Few links, tiny blocks and a second test that refuses most pairs."""
    bits = look_alikes(n, seed, n_places=40)
    alike = np.random.default_rng(seed).random((n, n)) < share
    alike &= alike.T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_links, "MAX_LINKS", n_links)
        patch.setattr(
            module, "MAX_TWINS", 60
        )  # the limit for twins is exact without `confirm` only
        patch.setattr(module, "BLOCK", 7)
        patch.setattr(kept_links, "MAX_PENDING", 30)
        found = near_duplicates(in_hex(bits), limit, lambda one, two: alike[one, two])
    every = all_pairs(bits, limit, alike)
    assert groups(n, found) == groups(n, every)
    assert set(map(tuple, found)) <= set(map(tuple, every))
    assert len(found) < (n_links + 1) * n
    n_all, n_found = (np.bincount(pairs.ravel(), minlength=n) for pairs in (every, found))
    assert (n_found >= np.minimum(n_all, n_links)).all()


def test_five_look_alikes_with_two_links_each_keep_seven_of_ten_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Film 0 takes all four; film 1 two more, since 2, 3 and 4 have one; then 2-4 and so on."""
    monkeypatch.setattr(kept_links, "MAX_LINKS", 2)
    found = near_duplicates(in_hex(np.eye(5, 256, dtype=bool)), 2).tolist()
    assert found == [[0, 1], [0, 2], [0, 3], [0, 4], [1, 2], [1, 3], [1, 4]]


def test_seventeen_look_alikes_keep_all_pairs_and_a_hundred_keep_few() -> None:
    n_pairs = [len(near_duplicates(in_hex(np.eye(n, 256, dtype=bool)), 2)) for n in (17, 100)]
    assert n_pairs[0] == 17 * 16 // 2
    assert n_pairs[1] < 100 * MAX_LINKS < 100 * 99 // 2


def test_pairs_of_3000_look_alikes_are_few_and_are_confirmed_once() -> None:
    """All pairs would be 2.6 million."""
    asked: list[int] = []

    def confirm(first: Pairs, _: Pairs) -> NDArray[np.bool_]:
        asked.append(len(first))
        return np.ones(len(first), dtype=bool)

    bits = look_alikes(3000, seed=1)
    found = near_duplicates(in_hex(bits), 12, confirm)
    assert len(found) < 3000 * MAX_LINKS
    assert sum(asked) < 2 * 3000 * MAX_LINKS
    assert max(asked) <= module.BLOCK
    assert len(set(groups(3000, found))) == 2


def test_groups_do_not_depend_on_the_order_of_films() -> None:
    bits = look_alikes(400, seed=2, n_flips=12)
    order = np.random.default_rng(0).permutation(400)
    once, again = near_duplicates(in_hex(bits), 9), near_duplicates(in_hex(bits[order]), 9)
    back = order[again]
    assert groups(400, once) == groups(400, back)
    assert near_duplicates(in_hex(bits), 9).tolist() == once.tolist()


def test_twins_beyond_the_limit_are_joined_through_another_twin_than_the_first() -> None:
    """The first of 40 identical hashes belongs to another picture."""
    bits = np.zeros((40, 256), dtype=bool)
    found = near_duplicates(in_hex(bits), 3, lambda one, _: one != 0)
    assert groups(40, found) == [0] + [1] * 39


def test_a_link_that_comes_twice_counts_once() -> None:
    links = KeptLinks(4)
    for _ in range(2 * MAX_LINKS):
        links.add(np.array([0]), np.array([1]))
    links.add(np.array([0]), np.array([1]))
    assert links.pairs().tolist() == [[0, 1]]
    assert links.wanted(np.array([0, 2]), np.array([1, 3])).tolist() == [True, True]
    assert links.apart(np.array([0, 2]), np.array([1, 3])).tolist() == [False, True]
