"""How many films adapting needs, and what films of one class only do to it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.evaluate.adapt.site import Site, changed, judged, point_values

SIZES = (8, 16, 32, 64, 128)  # films
N_DRAWS = 5  # of each size
MIN_FILMS = 8  # fewer films of a class give no statistics worth a row

Positions = NDArray[np.int64]


def films_needed(site: Site, seed: int) -> list[dict[str, Any]]:
    """Metrics after adapting to 8 to 128 films, over several draws.

    All films are judged, also the drawn ones: their labels are not used.

    Args:
        site: The network and the films.
        seed: Seed of the draws.

    Returns:
        One row per size that the cohort has: for the new statistics alone and for both, the mean,
        the lowest and the highest value of each metric.
    """
    rows = []
    n_films = len(site.images)
    for size in SIZES:
        if size > n_films:
            continue
        draws = [draw_films(n_films, size, seed, number) for number in range(N_DRAWS)]
        found = [_ways_of(site, chosen) for chosen in draws]
        summary = {way: _summarise([one[way] for one in found]) for way in found[0]}
        rows.append({"n_films": size, "n_draws": N_DRAWS, **summary})
    return rows


def class_mix(site: Site, seed: int) -> list[dict[str, Any]]:
    """Adapt to films of both classes, of negative films only, and of positive films only.

    The three take equally many films. Nobody knows the classes of unlabelled films: a night shift
    or a ward can send one class almost alone.

    Args:
        site: The network and the films.
        seed: Seed of the draws.

    Returns:
        Three rows; none without a negative class, or where a class has too few films.
    """
    decision = site.films.decision
    if decision.negative_class is None:
        return []
    positive = site.films.class_index != decision.classes.index(decision.negative_class)
    size = int(min(positive.sum(), (~positive).sum()))
    if size < MIN_FILMS:
        return []
    site.network.restore()
    before = site.probabilities(), decision.threshold
    pools = {
        "as they come": np.arange(len(positive)),
        "negative only": np.flatnonzero(~positive),
        "positive only": np.flatnonzero(positive),
    }
    rows = []
    for name, pool in pools.items():
        after = site.adapted(pool[draw_films(len(pool), size, seed, 0)]), decision.threshold
        numbers = judged(site.films, after) | changed(site.films, before, after, name)
        rows.append({"films": name, "n_films": size, **numbers})
    return rows


def draw_films(n_films: int, size: int, seed: int, number: int) -> Positions:
    """Positions of some films, drawn without replacement, sorted.

    Args:
        n_films: Films of the cohort, in the order of their ids.
        size: Films to draw.
        seed: Seed.
        number: Number of the draw.
    """
    rng = np.random.default_rng([seed, size, number])
    return np.sort(rng.choice(n_films, size=size, replace=False)).astype(np.int64)


def _ways_of(site: Site, chosen: Positions) -> dict[str, dict[str, float | None]]:
    probabilities = site.adapted(chosen)
    threshold = site.films.decision.threshold
    ways = {"statistics": point_values(site.films, (probabilities, threshold))}
    if threshold is not None:
        both = probabilities, site.reanchored(probabilities, chosen)
        ways["both"] = point_values(site.films, both)
    return ways


def _summarise(draws: list[dict[str, float | None]]) -> dict[str, dict[str, float | None]]:
    """Mean, lowest and highest of each metric; None where it is undefined in a draw."""
    summary: dict[str, dict[str, float | None]] = {}
    for name in draws[0]:
        values = [draw[name] for draw in draws]
        defined = [value for value in values if value is not None]
        if len(defined) < len(values):
            summary[name] = dict.fromkeys(("mean", "lowest", "highest"))
        else:
            summary[name] = {
                "mean": float(np.mean(defined)),
                "lowest": min(defined),
                "highest": max(defined),
            }
    return summary
