"""Films that stand on their heads, seen from their thumbnails.

Each thumbnail is brought to 16 x 16 cells of mean 0 and standard deviation 1. Turning a film
upside down reverses the order of its rows. A linear discriminant learns from the films
themselves what tells a film from its own mirror image; no label is needed.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.image_store.store import ImageStore

SIDE = 16
RIDGE = 1.0  # the cells have variance 1, and sets of 100 films have 128 features
# Score below which a film counts as upside down; an upright film scores about +0.8, a flipped one
# about -0.8. Of Kermany's 5,532 films of train, val and half of test 2 are called upside down as
# they are, and 97 % are when turned over (10 folds).
MARGIN = 0.3
FLAT = 1e-6  # of a standard deviation: keeps a film of one grey level from a division by 0
MOST_TEACHERS = 20_000  # films that the discriminant is learned from, evenly spaced
N_AT_ONCE = 10_000  # thumbnails read at a time: 40 MB


def upside_down(image_ids: pd.Series, thumbnails: ImageStore) -> pd.Series:
    """Which films are upside down.

    Args:
        image_ids: Of usable films. Most are taken to be upright; those without a thumbnail are
            not judged.
        thumbnails: Squares whose side is a multiple of SIDE.

    Returns:
        float64 by image id, each once: 1 upside down, 0 not.

    Source:
        Fisher, Annals of Eugenics 7:179-188, 1936, with a ridge: the direction that best
        separates each film from its mirror image, in closed form.
    """
    ids = np.sort(np.intersect1d(image_ids.dropna().unique(), thumbnails.ids))
    if not len(ids):
        return pd.Series(dtype=np.float64)
    rows = thumbnails.rows(ids.tolist())
    teachers = _halves(thumbnails.take(rows[:: -(-len(rows) // MOST_TEACHERS)]))
    ridge = RIDGE * np.eye(teachers.shape[1])
    direction = np.linalg.solve(
        teachers.T @ teachers / len(teachers) + ridge, teachers.mean(axis=0)
    )
    parts = [rows[start : start + N_AT_ONCE] for start in range(0, len(rows), N_AT_ONCE)]
    scores = np.concatenate([_halves(thumbnails.take(part)) @ direction for part in parts])
    return pd.Series((scores < -MARGIN).astype(float), index=ids)


def _halves(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, 128): each cell less its mirror image; a flip changes every sign."""
    n, height, width = images.shape
    cells = images.reshape(n, SIDE, height // SIDE, SIDE, width // SIDE).mean(axis=(2, 4))
    cells -= cells.mean(axis=(1, 2), keepdims=True)
    cells /= cells.std(axis=(1, 2), keepdims=True) + FLAT
    halves: NDArray[np.float64] = cells[:, : SIDE // 2] - cells[:, : SIDE // 2 - 1 : -1]
    return halves.reshape(n, -1)
