"""Draw a number in [0, 1] for each key from a hash, so that draws do not change when data grows."""

import hashlib

import numpy as np
import pandas as pd


def hash_draws(keys: pd.Series, seed: int, purpose: str) -> pd.Series:
    """Draw a number for each key: the SHA-256 of seed, purpose and key, divided by 2^256.

    A draw depends only on these three values, not on the order of the rows or on other keys.
    Draws for different purposes are independent.

    Args:
        keys: Patient ids, image ids or group ids; not null.
        seed: `resample.seed`.
        purpose: Purpose of the draw, such as `test`.

    Returns:
        float64 in [0, 1], aligned with `keys`, uniform over distinct keys.

    Example:
        >>> hash_draws(pd.Series(["p1", "p2", "p1"]), seed=0, purpose="test").round(3).tolist()
        [0.688, 0.266, 0.688]
    """
    positions, distinct = pd.factorize(keys)
    texts = (f"{seed}:{purpose}:{key}" for key in distinct)
    draws = np.fromiter((_hash_as_share(text) for text in texts), np.float64, len(distinct))
    return pd.Series(draws[positions], index=keys.index)


def group_draws(films: pd.DataFrame, seed: int, purpose: str) -> pd.Series:
    """Draw of each film's group: the smallest draw of its patients.

    A group that gains patients, or that a new film joins with another group, can then only get a
    smaller draw: if it was below a threshold, it stays below. The cost is that a group of m
    patients is below a threshold s with probability 1 - (1 - s)^m, which is more than s. No rule
    avoids this cost, because two joined groups must be held out if one of them was.

    Args:
        films: Columns `patient_id`, `group_id` of all usable films. Films that the cohort leaves
            out are needed, because their patients still count.
        seed: `resample.seed`.
        purpose: Purpose of the draw.

    Returns:
        float64 in [0, 1], aligned with `films`.
    """
    draws = hash_draws(films["patient_id"], seed, purpose)
    return draws.groupby(films["group_id"]).transform("min")


def _hash_as_share(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()) / 2**256
