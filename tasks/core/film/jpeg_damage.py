"""Find damage in the pixels of a JPEG that a decoder reads without an error.

A decoder that meets damage in the compressed pixels goes on, and the rest of the film is grey or
shifted. libjpeg warns, but Pillow drops its warnings. Two checks find such films: libjpeg-turbo
itself, with warnings as errors; and a search for the step that a wrong bit leaves between two rows
of blocks. A bit that changes the picture without either trace cannot be found: a JPEG has no
checksum. Nor has arithmetic coding an invalid code, so a cut is found there by the step only.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.film.errors import FilmError
from tasks.core.film.jpeg_parts import JpegParts
from tasks.core.image_store.store import Pixels

# The warnings of libjpeg-turbo (jerror.h) that mean lost or wrong samples
_EARLY_END = ("premature end", "Premature end")
_CORRUPT = "Corrupt JPEG data"
_LEFT_OVER = re.compile(r"Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9")
_MAX_PADDING = 16  # bytes; some encoders fill up with zeros before the end marker
# A step is found if it is this large, and this many times larger than its spread over the blocks.
# Over 5,988 sound JPEG films the largest ratio of a step of 12 grey levels or more is 0.82.
_MIN_STEP = 24.0  # grey levels
_MIN_RATIO = 1.5
_MIN_TEXTURE = 6.0  # grey levels, standard deviation along a row; a border or a label has less
# A wrong bit shifts all later blocks by one amount. Below the edge of a collimator a film is darker
# by a share of its level: there the step varies as much as the levels do.
_MAX_UNEVEN = 0.3  # spread of the step over that of the levels
_BLACK, _WHITE = 3, 252  # levels at which a step may be cut off
_MIN_BLOCKS = 14  # a film of 224 px with halved colour; fewer could agree by chance
_MIN_SHARE = 0.3  # of the blocks of a row that are neither black nor white


def check_stream(parts: JpegParts) -> bool:
    """Decode a JPEG with the warnings of libjpeg-turbo as errors.

    Other complaints are no business of this check: on metadata, on odd but harmless headers, or on
    a kind of JPEG that this decoder does not know and Pillow does.

    Returns:
        Whether all samples are known to be there; False if this decoder cannot tell.

    Raises:
        FilmError: `truncated` or `unreadable`, with the words of the decoder.
    """
    import simplejpeg

    if not parts.is_complete():
        raise FilmError("truncated", "the JPEG ends before its last scan")
    try:
        # 1/8 of the size: the bits are read in full, the rest of the work is the least
        simplejpeg.decode_jpeg(parts.pixels_only(), "GRAY", min_height=1, min_width=1)
    except ValueError as error:
        message = str(error)
        if any(words in message for words in _EARLY_END):
            raise FilmError("truncated", message) from error
        if _CORRUPT in message and not _is_padding(message, parts.scans):
            raise FilmError("unreadable", message) from error
        return _CORRUPT in message
    return not parts.is_arithmetic()


def check_steps(pixels: Pixels, block: tuple[int, int]) -> None:
    """Look for a step over the whole width between two rows of blocks.

    The grey level of each block is stored as the difference from the block before. After a wrong
    bit all later blocks are brighter or darker by one amount. In reading order the border between
    right and wrong blocks is one row of blocks long; it starts and ends anywhere. The straight edge
    of a collimator is no damage: there the step follows the level of the film.

    Args:
        pixels: (H, W) uint8, the film as stored, not turned.
        block: Width and height of the block, px: 8, or 16 with halved colour.

    Raises:
        FilmError: `unreadable`.
    """
    n_blocks = -(-pixels.shape[1] // block[0])
    level, step, known = _edges(pixels, block)
    n_known = _sums(known, n_blocks)
    if not n_known.size:
        return
    mean, spread = _mean_and_spread(step, n_known, n_blocks)
    is_step = (np.abs(mean) >= _MIN_STEP) & (np.abs(mean) >= _MIN_RATIO * (spread + 1))
    if not is_step.any():
        return
    texture = np.minimum(
        _mean_and_spread(level, n_known, n_blocks)[1],
        _mean_and_spread(level + step, n_known, n_blocks)[1],
    )
    is_even = spread <= _MAX_UNEVEN * texture
    found = (
        is_step
        & is_even
        & (texture >= _MIN_TEXTURE)
        & (n_known >= max(_MIN_BLOCKS, _MIN_SHARE * n_blocks))
    )
    if found.any():
        row = int(found.argmax()) // n_blocks * block[1] + block[1]
        size = float(mean[found.argmax()])
        raise FilmError(
            "unreadable", f"damaged JPEG: a step of {size:.0f} grey levels at row {row}"
        )


def _is_padding(message: str, scans: bytes) -> bool:
    found = _LEFT_OVER.fullmatch(message)
    count = int(found[1]) if found else 0
    return 0 < count <= _MAX_PADDING and not any(scans[-2 - count : -2])


def _edges(
    pixels: Pixels, block: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Level, step to the block below, and whether both are known; by block, in reading order.

    Only the rows of px at the border count, and only px that are neither black nor white.
    """
    (across, down), height = block, pixels.shape[0]
    last = (height - 1) // down * down
    above = pixels[down - 1 : last : down]
    below = pixels[down : last + 1 : down]
    inside = (np.minimum(above, below) > _BLACK) & (np.maximum(above, below) < _WHITE)
    count, upper, lower = (
        _per_block(values, across) for values in (inside, above * inside, below * inside)
    )
    n_known = np.maximum(count, 1)
    return upper / n_known, (lower - upper) / n_known, (count > 0).astype(np.float64)


def _per_block(values: NDArray[Any], across: int) -> NDArray[np.float64]:
    """Sums over `across` columns each; the last one may have fewer."""
    missing = -values.shape[1] % across
    padded = np.pad(values, ((0, 0), (0, missing))) if missing else values
    # float32 is exact here; a product with ones is much faster than a sum over short rows
    sums = padded.reshape(-1, across).astype(np.float32) @ np.ones(across, np.float32)
    return sums.astype(np.float64)


def _mean_and_spread(
    values: NDArray[np.float64], n_known: NDArray[np.float64], n_blocks: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation over each run of `n_blocks`; unknown values are 0."""
    count = np.maximum(n_known, 1)
    mean = _sums(values, n_blocks) / count
    variance = _sums(values * values, n_blocks) / count - mean * mean
    return mean, np.sqrt(np.maximum(variance, 0))


def _sums(values: NDArray[np.float64], n_blocks: int) -> NDArray[np.float64]:
    if values.size < n_blocks:
        return np.zeros(0)
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[n_blocks:] - total[:-n_blocks])
