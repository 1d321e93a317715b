"""Keep few links per film, so that look-alikes are joined by lines instead of each with each."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

MAX_LINKS = 16  # so many links of each film are kept; 17 look-alikes keep all their pairs
MAX_PENDING = 1_000_000  # pairs in memory before repeated ones are removed: 8 MB

_Rows = NDArray[np.int64]


class KeptLinks:
    """Links between films, at most about `MAX_LINKS` for each.

    A link is kept if one of its ends has fewer than `MAX_LINKS`, or if it joins two groups that no
    kept link joins yet (Kruskal's rule, without weights). The connected components of the kept
    links are therefore those of all links, and there are fewer than `(MAX_LINKS + 1) * n_films`.

    Args:
        n_films: Number of films; a film is a number from 0.
    """

    def __init__(self, n_films: int) -> None:
        self._n_films = n_films
        self._keys: set[int] = set()
        self._n_links = [0] * n_films
        self._parent = list(range(n_films))  # of a forest; a root is its own parent
        self._full = np.zeros(n_films, dtype=bool)  # films with MAX_LINKS or more
        self._group = np.arange(n_films)  # root of each film

    def apart(self, low: _Rows, high: _Rows) -> NDArray[np.bool_]:
        """Whether the ends of each possible link, (n,) int64 each, are in two groups."""
        apart: NDArray[np.bool_] = self._group[low] != self._group[high]
        return apart

    def wanted(self, low: _Rows, high: _Rows) -> NDArray[np.bool_]:
        """Whether each possible link, with its ends as in `apart`, would be kept."""
        wanted: NDArray[np.bool_] = ~(self._full[low] & self._full[high]) | self.apart(low, high)
        return wanted

    def batches(self, found: Iterable[tuple[_Rows, _Rows]]) -> Iterator[tuple[_Rows, _Rows]]:
        """Collect about MAX_PENDING wanted links; yield them sorted, without repeats."""
        pending: list[_Rows] = []
        n_pending = 0
        for low, high in found:
            wanted = self.wanted(low, high)
            pending.append(low[wanted] * self._n_films + high[wanted])
            n_pending += len(pending[-1])
            if n_pending > MAX_PENDING:
                yield np.divmod(_sorted_unique(pending), self._n_films)
                pending, n_pending = [], 0
        if pending:
            yield np.divmod(_sorted_unique(pending), self._n_films)

    def add(self, low: _Rows, high: _Rows) -> None:
        """Keep those links that the rule keeps, one after the other; a link may come again."""
        for one, other in zip(low.tolist(), high.tolist(), strict=True):
            key = one * self._n_films + other
            roots = self._root(one), self._root(other)
            full = min(self._n_links[one], self._n_links[other]) >= MAX_LINKS
            if key in self._keys or (full and roots[0] == roots[1]):
                continue
            self._keys.add(key)
            for film in (one, other):
                self._n_links[film] += 1
                self._full[film] = self._n_links[film] >= MAX_LINKS
            self._parent[max(roots)] = self._group[max(roots)] = min(roots)
        while not np.array_equal(above := self._group[self._group], self._group):
            self._group = above

    def pairs(self) -> _Rows:
        """Kept links: (n, 2) int64, sorted."""
        keys = np.sort(np.fromiter(self._keys, dtype=np.int64, count=len(self._keys)))
        return np.column_stack(np.divmod(keys, max(self._n_films, 1)))

    def _root(self, film: int) -> int:
        parent = self._parent
        while parent[film] != film:
            parent[film] = film = parent[parent[film]]
        return film


def _sorted_unique(parts: list[_Rows]) -> _Rows:
    """Do what `np.unique` does, 10 times as fast where most numbers repeat."""
    numbers = np.sort(np.concatenate(parts))
    return numbers[np.diff(numbers, prepend=-1) > 0]
