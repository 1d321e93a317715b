"""Which of many perceptual hashes differ in few bits: exact, and near-linear in their number.

Two hashes that differ in at most `r` of 256 bits differ in at most `r` of `m` chunks of them, so
they agree in `m - r` chunks or more (the pigeonhole principle). Only hashes that share chunks are
compared. Hashes of chest films are far from random (about 100 of their 256 bits are nearly the
same on every film), so one shared chunk is a crowded place: there, hashes must share another.

Source: M. Norouzi, A. Punjani, D. J. Fleet, "Fast Search in Hamming Space with Multi-Index
Hashing", CVPR 2012, for chunks; asking for several chunks, and for more of them only where it
saves comparisons, is ours.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

N_BITS = 256
N_SHARED_CHUNKS = 2  # 1, 3 and 4 took longer on 200,000 hashes made from Kermany's films
MIN_CHUNKS = 5  # a chunk of 52 bits still fits into an int64
SORT_COST = 8  # to sort a row into a bucket costs about as much as to compare so many pairs
MAX_TWINS = 16  # films with one hash that are compared with all others; more are tied to the first
MAX_PENDING = 4_000_000  # pairs found, some of them several times over: 32 MB

Rows = NDArray[np.int64]
Pairs = NDArray[np.int64]


class Buckets(NamedTuple):
    """Rows in buckets, one bucket after the other.

    Attributes:
        rows: (n,) int64, positions of hashes.
        sizes: (n_buckets,) int64, rows in each bucket, at least 2.
    """

    rows: Rows
    sizes: Rows


def near_duplicates(hashes: pd.Series, max_bits: int) -> Pairs:
    """Pairs of perceptual hashes that differ in at most `max_bits` of 256 bits.

    No pair is missed and none is wrong, as if each were compared with each, with one exception
    that keeps the number of pairs in bounds: where more than `MAX_TWINS` hashes are identical, the
    others are paired with the first of them only. The connected components stay the same.

    Args:
        hashes: 256-bit hashes in hex, 64 digits each.
        max_bits: Largest Hamming distance; the search is fast up to about 16.

    Returns:
        pairs: (n_pairs, 2) int64, positions in `hashes`, first below second, sorted.
    """
    n_hashes = len(hashes)
    words = _as_words(hashes)
    first, rank = _identical_before(words)
    further = np.flatnonzero(rank >= MAX_TWINS)
    compared = np.flatnonzero(rank < MAX_TWINS)
    index = _Index(words[compared], max_bits)
    keys = _unique(compared[low] * n_hashes + compared[high] for low, high in index.pairs())
    keys = np.sort(np.concatenate([keys, first[further] * n_hashes + further]))
    return np.column_stack(np.divmod(keys, max(n_hashes, 1)))


class _Index:
    """Hashes cut into chunks.

    Args:
        words: (n, 4) uint64.
        max_bits: Largest Hamming distance.
    """

    def __init__(self, words: NDArray[np.uint64], max_bits: int) -> None:
        bits = np.unpackbits(words.view(np.uint8), axis=1)  # (n, 256)
        # bits that are set in about half of the hashes come first: they tell most
        order = np.argsort(np.abs(bits.sum(axis=0) - len(bits) / 2), kind="stable")
        bits = bits[:, order]
        self._max_bits = max_bits
        self._words = np.ascontiguousarray(_packed(bits).T)  # (4, n)
        n_chunks = max(max_bits + N_SHARED_CHUNKS, MIN_CHUNKS)
        self._n_chunks = n_chunks
        self._chunks = [_values(bits[:, start::n_chunks]) for start in range(n_chunks)]

    def pairs(self) -> Iterator[tuple[Rows, Rows]]:
        """Pairs within `max_bits`, first below second; one pair may come several times."""
        n_hashes = self._words.shape[1]
        if n_hashes > 1:
            everything = Buckets(np.arange(n_hashes), np.array([n_hashes]))
            yield from self._search(everything, 0, self._n_chunks - self._max_bits)

    def _search(self, buckets: Buckets, chunk: int, n_shared: int) -> Iterator[tuple[Rows, Rows]]:
        """Pairs within buckets that share `n_shared` more chunks, from `chunk` on.

        A bucket is compared as it stands if that takes no more work than to split it by each of
        the chunks and compare what falls together, so the work is never above that of comparing
        all with all.
        """
        chunks = range(chunk, self._n_chunks - n_shared + 1)
        n_pairs = _n_pairs(buckets.sizes)
        cheap = n_pairs <= SORT_COST * len(chunks) * buckets.sizes
        now = cheap if n_shared else np.ones_like(cheap)
        yield from self._compare(_select(buckets, now))
        buckets, n_pairs = _select(buckets, ~now), n_pairs[~now]
        if not len(buckets.rows):
            return
        splits = [self._split(buckets, next_chunk) for next_chunk in chunks]
        left = sum(
            np.bincount(parents, _n_pairs(parts.sizes), minlength=len(n_pairs))
            for parts, parents in splits
        )
        yield from self._compare(_select(buckets, n_pairs <= left))
        for next_chunk, (parts, parents) in zip(chunks, splits, strict=True):
            rest = _select(parts, (n_pairs > left)[parents])
            if len(rest.rows):
                yield from self._search(rest, next_chunk + 1, n_shared - 1)

    def _split(self, buckets: Buckets, chunk: int) -> tuple[Buckets, Rows]:
        """Split buckets by the value of a chunk; also the bucket that each part comes from."""
        parents = np.repeat(np.arange(len(buckets.sizes)), buckets.sizes)
        values = self._chunks[chunk][buckets.rows]  # below the number of hashes
        keys = parents * self._words.shape[1] + values
        order = np.argsort(keys)
        keys = keys[order]
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        parts = Buckets(buckets.rows[order], np.diff(starts, append=len(keys)))
        several = parts.sizes > 1
        return _select(parts, several), parents[order[starts[several]]]

    def _compare(self, buckets: Buckets) -> Iterator[tuple[Rows, Rows]]:
        """Compare each row with the next ones of its bucket.

        Row `i` is compared with row `i + step` in one sweep over all buckets longer than `step`.
        Where `i + step` lies in the next bucket the comparison is idle, but never wrong.
        """
        by_size = np.argsort(-buckets.sizes, kind="stable")
        sizes = buckets.sizes[by_size]
        starts = np.cumsum(buckets.sizes) - buckets.sizes
        rows = buckets.rows[_ranges(starts[by_size], sizes)]
        words = self._words[:, rows]
        ends = np.cumsum(sizes)
        n_longer = len(sizes)
        for step in range(1, sizes[0] if len(sizes) else 0):
            while sizes[n_longer - 1] <= step:
                n_longer -= 1
            here = words[:, : ends[n_longer - 1]]
            hits = self._within(here[:, :-step], here[:, step:])
            if len(hits):
                first, second = rows[hits], rows[hits + step]
                yield np.minimum(first, second), np.maximum(first, second)

    def _within(self, here: NDArray[np.uint64], there: NDArray[np.uint64]) -> Rows:
        """Columns of two (4, n) arrays of words that differ in at most `max_bits` bits."""
        distance = np.bitwise_count(here[0] ^ there[0])  # at most 64 of 256: fits into a uint8
        hits = np.flatnonzero(distance <= self._max_bits)
        total = distance[hits].astype(np.uint16)
        for word in range(1, len(here)):
            if not len(hits):
                break
            total += np.bitwise_count(here[word, hits] ^ there[word, hits])
            near = total <= self._max_bits
            hits, total = hits[near], total[near]
        return hits


def _as_words(hashes: pd.Series) -> NDArray[np.uint64]:
    """Hexadecimal digits as (n, 4) uint64."""
    digits = bytes.fromhex("".join(hashes))
    return np.frombuffer(digits, dtype=np.uint64).reshape(len(hashes), N_BITS // 64)


def _packed(bits: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint64)


def _identical_before(words: NDArray[np.uint64]) -> tuple[Rows, Rows]:
    """For each hash, the first one identical to it and how many identical ones stand before it."""
    inverse = np.unique(words, axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(inverse, kind="stable")
    starts = np.flatnonzero(np.diff(inverse[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    first, rank = np.empty((2, len(order)), dtype=np.int64)
    first[order] = np.repeat(order[starts], sizes)
    rank[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    return first, rank


def _values(bits: NDArray[np.uint8]) -> Rows:
    """Number of each row's bits among the different ones: (n, n_bits) -> (n,) int64, dense."""
    weights = np.int64(1) << np.arange(bits.shape[1], dtype=np.int64)
    return np.unique(bits @ weights, return_inverse=True)[1].astype(np.int64)


def _n_pairs(sizes: Rows) -> Rows:
    return sizes * (sizes - 1) // 2


def _ranges(starts: Rows, sizes: Rows) -> Rows:
    """Whole numbers from each start on, as many as its size: [5, 2], [2, 3] -> [5, 6, 2, 3, 4]."""
    offsets = np.cumsum(sizes) - sizes
    return np.repeat(starts - offsets, sizes) + np.arange(sizes.sum())


def _select(buckets: Buckets, chosen: NDArray[np.bool_]) -> Buckets:
    return Buckets(buckets.rows[np.repeat(chosen, buckets.sizes)], buckets.sizes[chosen])


def _unique(found: Iterable[Rows]) -> Rows:
    """Sorted different numbers of many arrays; never more than MAX_PENDING repeats are held."""
    merged = np.empty(0, dtype=np.int64)
    pending: list[Rows] = []
    n_pending = 0
    for numbers in found:
        pending.append(numbers)
        n_pending += len(numbers)
        if n_pending > max(MAX_PENDING, len(merged)):
            merged, pending, n_pending = _sorted_unique([merged, *pending]), [], 0
    return _sorted_unique([merged, *pending])


def _sorted_unique(parts: list[Rows]) -> Rows:
    """What `np.unique` gives; its hash table takes 10 times as long where most repeat."""
    numbers = np.sort(np.concatenate(parts))
    return numbers[np.diff(numbers, prepend=-1) > 0]
