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

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.ingest.kept_links import KeptLinks

N_BITS = 256
N_SHARED_CHUNKS = 2  # 1, 3 and 4 were slower on 200,000 hashes made from Kermany's films
MIN_HASH_CHUNKS = 5  # then a chunk has at most 52 bits and fits into an int64
SORT_COST = 8  # sorting one row into a bucket takes about as long as comparing so many pairs
MAX_TWINS = 16  # so many films with the same hash are compared with all others
BLOCK = 2048  # pairs confirmed at once: 2 x 2048 thumbnails of 64 x 64 px as int32 are 67 MB

_Rows = NDArray[np.int64]  # positions of hashes, or counts
_Pairs = NDArray[np.int64]
Confirm = Callable[[_Rows, _Rows], NDArray[np.bool_]]


class Buckets(NamedTuple):
    """Groups of hashes with common chunks, one group after the other.

    Attributes:
        rows: (n,) int64, positions of hashes.
        sizes: (n_buckets,) int64, number of rows in each bucket, at least 2.
    """

    rows: _Rows
    sizes: _Rows


def _always(first: _Rows, _: _Rows) -> NDArray[np.bool_]:
    return np.ones(len(first), dtype=bool)


def near_duplicates(hashes: pd.Series, max_bits: int, confirm: Confirm = _always) -> _Pairs:
    """Find the pairs of perceptual hashes that differ in at most `max_bits` of 256 bits.

    The result is that of comparing each hash with each other, with two exceptions that make the
    number of pairs linear in that of the hashes. A hash with more than `MAX_LINKS` near ones keeps
    about so many pairs (see `KeptLinks`). If more than `MAX_TWINS` hashes are identical, the
    further ones are compared only with the first `MAX_TWINS`, until one confirms. The connected
    components stay the same (with `confirm`: if not all of more than `MAX_TWINS` twins fail).

    Args:
        hashes: 256-bit hashes in hex, 64 digits each.
        max_bits: Largest Hamming distance. The search is fast up to about 16.
        confirm: Second test of a pair: from two (n,) int64 arrays of positions, at most `BLOCK`
            at a time, to (n,) bool. It is asked only about pairs that would be kept.

    Returns:
        pairs: (n_pairs, 2) int64, positions in `hashes`, first below second, sorted.

    Example:
        >>> hashes = pd.Series([f"{number:064x}" for number in (0b0000, 0b0111, 0b1111)])
        >>> near_duplicates(hashes, max_bits=1).tolist()
        [[1, 2]]
    """
    words = _as_words(hashes)
    links = KeptLinks(len(words))
    order, starts, rank = _identical(words)
    compared, further = np.flatnonzero(rank < MAX_TWINS), np.flatnonzero(rank >= MAX_TWINS)
    near = _ChunkIndex(words[compared], max_bits).pairs()
    candidates = ((compared[low], compared[high]) for low, high in near)
    for low, high in links.batches(candidates):
        _keep(links, links.wanted, confirm, low, high)
    for twin in range(MAX_TWINS if len(further) else 0):
        _keep(links, links.apart, confirm, order[starts[further] + twin], further)
    return links.pairs()


def _keep(links: KeptLinks, useful: Confirm, confirm: Confirm, low: _Rows, high: _Rows) -> None:
    """Keep the useful links that are confirmed, block by block."""
    for start in range(0, len(low), BLOCK):
        first, second = low[start : start + BLOCK], high[start : start + BLOCK]
        chosen = np.flatnonzero(useful(first, second))
        if len(chosen):
            chosen = chosen[confirm(first[chosen], second[chosen])]
        links.add(first[chosen], second[chosen])


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
        order = np.argsort(keys, kind="stable")
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


def _identical(words: NDArray[np.uint64]) -> tuple[_Rows, _Rows, _Rows]:
    """Group identical hashes.

    Returns:
        order: (n,) positions, one group after the other, ascending within a group.
        starts: (n,) for each hash, where its group begins in `order`.
        rank: (n,) for each hash, number of identical ones before it.
    """
    inverse = np.unique(words, axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(inverse, kind="stable")
    first = np.flatnonzero(np.diff(inverse[order], prepend=-1))
    sizes = np.diff(first, append=len(order))
    starts, rank = np.empty((2, len(order)), dtype=np.int64)
    starts[order] = np.repeat(first, sizes)
    rank[order] = np.arange(len(order)) - starts[order]
    return order, starts, rank


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
