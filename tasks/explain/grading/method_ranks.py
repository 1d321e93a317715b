"""The order of the methods."""

from collections.abc import Sequence
from typing import Any

RANKING_RULE = (
    "Methods that pass the sanity check come first and those that fail it last; within these,"
    " the method that hits the true opacities most often where they are known, and then the one"
    " with the largest area of insertion less deletion."
)

_ORDER_OF_SANITY = {True: 0, None: 1, False: 2}


def with_ranks(methods: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The methods in the order of `RANKING_RULE`, each with its rank from 1. Ties keep their order.

    Args:
        methods: Grades of each method, with `sanity`, `truth`, `insertion` and `deletion`.
    """
    ordered = sorted(methods, key=_rank_key)
    return [{**method, "rank": rank} for rank, method in enumerate(ordered, 1)]


def _rank_key(method: dict[str, Any]) -> tuple[int, float, float]:
    truth = method["truth"]
    hits = 0.0 if truth is None else truth["pointing_game"]["value"]
    gained = method["insertion"]["value"] - method["deletion"]["value"]
    return _ORDER_OF_SANITY[method["sanity"]["passed"]], -hits, -gained
