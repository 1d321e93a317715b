"""The luminance quantisation table of JPEG, and the libjpeg quality that a table stands for."""

import numpy as np
from numpy.typing import NDArray

# Source: ITU-T T.81 (1992), Table K.1, luminance, row by row
LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
).ravel()


def jpeg_quality(table: list[int]) -> int:
    """Quality setting at which libjpeg writes a luminance table.

    The mean ratio to Table K.1 differs by 0.0036 or more between any two qualities, so the result
    is exact for libjpeg's tables. Other tables (of Photoshop and of cameras) get the quality with
    the nearest mean ratio.

    Args:
        table: 64 divisors, row by row.

    Returns:
        Quality, 1 to 100.

    Example:
        >>> jpeg_quality(libjpeg_table(85).tolist())
        85

    Source:
        Scaling: Independent JPEG Group, libjpeg 6b, `jpeg_quality_scaling` in jcparam.c.
    """
    distances = np.abs(_RATIOS - (np.asarray(table) / LUMINANCE).mean())
    return 1 + int(np.argmin(distances))


def libjpeg_table(quality: int) -> NDArray[np.int64]:
    """Luminance table of libjpeg: (64,) int64 in [1, 255], row by row, for quality 1 to 100."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    table: NDArray[np.int64] = np.clip((LUMINANCE * percent + 50) // 100, 1, 255)
    return table


_RATIOS = np.array([(libjpeg_table(quality) / LUMINANCE).mean() for quality in range(1, 101)])
