"""Find the pairs of perceptual hashes that differ in few bits: exact, in almost linear time.

Each hash is cut into `m` chunks. Two hashes that differ in at most `r` of 256 bits differ in at
most `r` chunks, so they have `m - r` chunks or more in common (the pigeonhole principle). Only
hashes with common chunks are compared. Hashes of chest films are far from random: about 100 of
256 bits are nearly the same on every film. Many hashes have therefore one chunk in common, and
are compared only if they have another one in common too.

Source: M. Norouzi, A. Punjani, D. J. Fleet, "Fast Search in Hamming Space with Multi-Index
Hashing", CVPR 2012, for the chunks. Several common chunks, used only where they save comparisons,
are our addition.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

N_BITS = 256
N_SHARED_CHUNKS = 2  # 1, 3 and 4 were slower on 200,000 hashes made from Kermany's films
MIN_HASH_CHUNKS = 5  # then a chunk has at most 52 bits and fits into an int64
SORT_COST = 8  # sorting one row into a bucket takes about as long as comparing so many pairs
MAX_TWINS = 16  # so many films with the same hash are compared with all others
MAX_PENDING = 4_000_000  # pairs in memory before repeated ones are removed: 32 MB

_Rows = NDArray[np.int64]  # positions of hashes, or counts
_Pairs = NDArray[np.int64]


class Buckets(NamedTuple):
    """Groups of hashes with common chunks, one group after the other.

    Attributes:
        rows: (n,) int64, positions of hashes.
        sizes: (n_buckets,) int64, number of rows in each bucket, at least 2.
    """

    rows: _Rows
    sizes: _Rows


def near_duplicates(hashes: pd.Series, max_bits: int) -> _Pairs:
    """Find the pairs of perceptual hashes that differ in at most `max_bits` of 256 bits.

    The result is that of comparing each hash with each other, with one exception that limits the
    number of pairs: if more than `MAX_TWINS` hashes are identical, the further ones are paired
    with the first of them only. The connected components stay the same.

    Args:
        hashes: 256-bit hashes in hex, 64 digits each.
        max_bits: Largest Hamming distance. The search is fast up to about 16.

    Returns:
        pairs: (n_pairs, 2) int64, positions in `hashes`, first below second, sorted.

    Example:
        >>> hashes = pd.Series([f"{number:064x}" for number in (0b0000, 0b0111, 0b1111)])
        >>> near_duplicates(hashes, max_bits=1).tolist()
        [[1, 2]]
    """
    n_hashes = len(hashes)
    words = _as_words(hashes)
    first, rank = _identical_before(words)
    further = np.flatnonzero(rank >= MAX_TWINS)
    compared = np.flatnonzero(rank < MAX_TWINS)
    index = _ChunkIndex(words[compared], max_bits)
    keys = _unique(compared[low] * n_hashes + compared[high] for low, high in index.pairs())
    keys = np.sort(np.concatenate([keys, first[further] * n_hashes + further]))
    return np.column_stack(np.divmod(keys, max(n_hashes, 1)))


class _ChunkIndex:
    """Index of hashes by their chunks.

    Args:
        words: (n, 4) uint64.
        max_bits: Largest Hamming distance.
    """

    def __init__(self, words: NDArray[np.uint64], max_bits: int) -> None:
        bits = np.unpackbits(words.view(np.uint8), axis=1)  # (n, 256)
        # Bits that are set in about half of the hashes come first: they separate hashes best
        order = np.argsort(np.abs(bits.sum(axis=0) - len(bits) / 2), kind="stable")
        bits = bits[:, order]
        self._max_bits = max_bits
        self._words = np.ascontiguousarray(_packed(bits).T)  # (4, n)
        n_chunks = max(max_bits + N_SHARED_CHUNKS, MIN_HASH_CHUNKS)
        self._n_chunks = n_chunks
        self._chunks = [_values(bits[:, start::n_chunks]) for start in range(n_chunks)]

    def pairs(self) -> Iterator[tuple[_Rows, _Rows]]:
        """Yield pairs within `max_bits`, first below second; a pair may come more than once."""
        n_hashes = self._words.shape[1]
        if n_hashes > 1:
            everything = Buckets(np.arange(n_hashes), np.array([n_hashes]))
            yield from self._search(everything, 0, self._n_chunks - self._max_bits)

    def _search(self, buckets: Buckets, chunk: int, n_shared: int) -> Iterator[tuple[_Rows, _Rows]]:
        """Yield pairs within buckets that have `n_shared` more chunks in common, from `chunk` on.

        A bucket is either compared whole, or split by each of the chunks; the choice is the one
        with less work. The work is therefore never above that of comparing all with all.
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

    def _split(self, buckets: Buckets, chunk: int) -> tuple[Buckets, _Rows]:
        """Split buckets by the value of a chunk; also return the bucket of origin of each part."""
        parents = np.repeat(np.arange(len(buckets.sizes)), buckets.sizes)
        values = self._chunks[chunk][buckets.rows]  # below the number of hashes
        keys = parents * self._words.shape[1] + values
        order = np.argsort(keys)
        keys = keys[order]
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        parts = Buckets(buckets.rows[order], np.diff(starts, append=len(keys)))
        several = parts.sizes > 1
        return _select(parts, several), parents[order[starts[several]]]

    def _compare(self, buckets: Buckets) -> Iterator[tuple[_Rows, _Rows]]:
        """Compare each row with the later rows of its bucket.

        For each `step`, one array operation compares row `i` with row `i + step`, for all buckets
        longer than `step`. If `i + step` lies in the next bucket, the comparison is superfluous,
        but its result is still right.
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

    def _within(self, here: NDArray[np.uint64], there: NDArray[np.uint64]) -> _Rows:
        """Find the columns of two (4, n) arrays that differ in at most `max_bits` bits."""
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
    """Hashes from hex digits as (n, 4) uint64."""
    digits = bytes.fromhex("".join(hashes))
    return np.frombuffer(digits, dtype=np.uint64).reshape(len(hashes), N_BITS // 64)


def _packed(bits: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint64)


def _identical_before(words: NDArray[np.uint64]) -> tuple[_Rows, _Rows]:
    """For each hash: position of the first identical one, and number of identical ones before."""
    inverse = np.unique(words, axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(inverse, kind="stable")
    starts = np.flatnonzero(np.diff(inverse[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    first, rank = np.empty((2, len(order)), dtype=np.int64)
    first[order] = np.repeat(order[starts], sizes)
    rank[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    return first, rank


def _values(bits: NDArray[np.uint8]) -> _Rows:
    """Number the distinct rows of bits: (n, n_bits) -> (n,) int64, from 0 without gaps."""
    weights = np.int64(1) << np.arange(bits.shape[1], dtype=np.int64)
    return np.unique(bits @ weights, return_inverse=True)[1].astype(np.int64)


def _n_pairs(sizes: _Rows) -> _Rows:
    return sizes * (sizes - 1) // 2


def _ranges(starts: _Rows, sizes: _Rows) -> _Rows:
    """Join the ranges of given starts and sizes: [5, 2], [2, 3] -> [5, 6, 2, 3, 4]."""
    offsets = np.cumsum(sizes) - sizes
    return np.repeat(starts - offsets, sizes) + np.arange(sizes.sum())


def _select(buckets: Buckets, chosen: NDArray[np.bool_]) -> Buckets:
    return Buckets(buckets.rows[np.repeat(chosen, buckets.sizes)], buckets.sizes[chosen])


def _unique(found: Iterable[_Rows]) -> _Rows:
    """Merge arrays into sorted distinct numbers, with about MAX_PENDING repeats in memory."""
    merged = np.empty(0, dtype=np.int64)
    pending: list[_Rows] = []
    n_pending = 0
    for numbers in found:
        pending.append(numbers)
        n_pending += len(numbers)
        if n_pending > max(MAX_PENDING, len(merged)):
            merged, pending, n_pending = _sorted_unique([merged, *pending]), [], 0
    return _sorted_unique([merged, *pending])


def _sorted_unique(parts: list[_Rows]) -> _Rows:
    """Do what `np.unique` does, 10 times as fast where most numbers repeat."""
    numbers = np.sort(np.concatenate(parts))
    return numbers[np.diff(numbers, prepend=-1) > 0]
