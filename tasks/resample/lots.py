"""Lots: a number per patient that never changes, so that a draw is the same when data grows."""

import hashlib

import numpy as np
import pandas as pd


def draw_lots(keys: pd.Series, seed: int, purpose: str) -> pd.Series:
    """A lot for each key: sha256 of seed, purpose and key, as a number, over 2^256.

    A lot depends on these three words only: not on the order of the rows, nor on which other
    keys there are. Lots of two purposes are independent.

    Args:
        keys: Patient keys, image ids or group ids; not null.
        seed: `resample.seed`.
        purpose: What is drawn, such as `test`.

    Returns:
        lots: float64 in [0, 1], aligned with `keys`, uniform over distinct keys.
    """
    positions, distinct = pd.factorize(keys)
    words = (f"{seed}:{purpose}:{key}" for key in distinct)
    lots = np.fromiter((_as_number(text) for text in words), np.float64, len(distinct))
    return pd.Series(lots[positions], index=keys.index)


def group_lots(films: pd.DataFrame, seed: int, purpose: str) -> pd.Series:
    """Lot of each film's group: the smallest lot of the group's patients.

    The smallest, because then a group that gains patients, or that a new film ties to another
    group, can only come nearer to being held out: below the threshold it stays below. The price
    is that a group of m patients is below a threshold s with chance 1 - (1 - s)^m, more than s.
    No rule is free of it: a tie of two groups must be held out if either was.

    Args:
        films: Columns `patient_id`, `group_id`: all usable films, since the promise holds only
            if a patient counts whether or not its films are left out of the cohort.
        seed: `resample.seed`.
        purpose: What is drawn.

    Returns:
        lots: float64 in [0, 1], aligned with `films`.
    """
    lots = draw_lots(films["patient_id"], seed, purpose)
    return lots.groupby(films["group_id"]).transform("min")


def _as_number(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()) / 2**256
