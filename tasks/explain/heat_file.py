"""The file `heat.npz`: the maps of every method for the classes in question of every case."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEAT_PERCENTILE = 99.5  # of |heat|: a few hot pixels of one film must not make all others pale
_MOST = float(np.finfo(np.float16).max)

Heat = Mapping[str, NDArray[np.float16]]  # method -> (N, k, h, w)


def as_stored(heat: NDArray[np.float32]) -> NDArray[np.float16]:
    """Maps in half precision: three digits are more than an eye sees. Larger values are cut off."""
    return np.clip(heat, -_MOST, _MOST).astype(np.float16)


def limit_of(heat: NDArray[np.float16]) -> float:
    """Heat of the fullest colour, one for all cases and classes of a method; 0 if all are zero."""
    return float(np.percentile(np.abs(heat.astype(np.float32)), HEAT_PERCENTILE))


def save_heat(path: Path, heat: Heat, segments: NDArray[np.uint16] | None) -> None:
    """Write maps, and the superpixels of LIME (N, H, W); same arrays, same bytes."""
    arrays = dict(heat) | ({} if segments is None else {"lime_segments": segments})
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type] # a keyword is no flag
