"""Simple statistics of the squares that a network sees, and how two sets of films differ."""

from typing import Any

import numpy as np

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats

STATISTICS = {  # name, and what it is in words
    "mean": "brightness",
    "contrast": "contrast",
    "black_share": "share of black",
    "border": "brightness of the border",
    "sharpness": "sharpness",
}
_BLACK = 16  # grey levels of 255; collimated and padded borders are darker, lungs hardly are


def square_statistics(images: Pixels) -> Floats:
    """Statistics of each square, in the order of `STATISTICS`.

    Mean and standard deviation of the grey levels, share of pixels below 16, mean of the outermost
    pixels, and variance of the Laplacian.

    Args:
        images: (n, H, W, 1) uint8 in [0, 255], at least 3 px wide and high.

    Returns:
        (n, 5) float64.

    Source: Pech-Pacheco et al., ICPR 2000 (variance of the Laplacian).
    """
    rows = [_of_square(image[..., 0]) for image in images]
    return np.array(rows, dtype=np.float64).reshape(len(images), len(STATISTICS))


def _of_square(square: Pixels) -> tuple[float, ...]:
    grey = square.astype(np.float64)
    border = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    inner = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    laplacian = around - 4 * inner
    return (grey.mean(), grey.std(), (square < _BLACK).mean(), border.mean(), laplacian.var())


def compare_squares(home: Pixels, cohort: Pixels) -> list[dict[str, Any]]:
    """Difference of two sets of films in each statistic, the largest first.

    Args:
        home: (n, H, W, 1) uint8, at least one film.
        cohort: (m, H, W, 1) uint8, at least one film.

    Returns:
        `name`; `home` and `cohort`, the means; `difference`, cohort minus home in standard
        deviations (pooled; None if neither set varies); `ks`, the largest gap of the two
        distribution functions, 0 to 1.

    Source: Cohen, "Statistical Power Analysis", 1988 (standardised difference). Smirnov, Ann. Math.
    Stat. 19:279-281, 1948 (gap of distribution functions).
    """
    from scipy.stats import ks_2samp

    ours, theirs = square_statistics(home), square_statistics(cohort)
    rows: list[dict[str, Any]] = []
    for column, name in enumerate(STATISTICS):
        one, other = ours[:, column], theirs[:, column]
        spread = float(np.sqrt((one.var() + other.var()) / 2))
        gap = float(other.mean() - one.mean())
        rows.append(
            {
                "name": STATISTICS[name],
                "home": float(one.mean()),
                "cohort": float(other.mean()),
                "difference": gap / spread if spread > 0 else None,
                "ks": float(ks_2samp(one, other, method="asymp").statistic),
            }
        )
    return sorted(rows, key=lambda row: (-row["ks"], row["name"]))
