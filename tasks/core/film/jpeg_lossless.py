"""Find damage in a lossless JPEG that a decoder passes over.

A decoder that runs out of bits goes on with zeros. The pixels tell how many bits they need, and
the scan must hold just as many.
"""

import struct
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from tasks.core.film.errors import FilmError

_DHT, _DRI, _SOS, _SOF3 = 0xC4, 0xDD, 0xDA, 0xC3  # markers
_MAX_PADDING = 16  # bytes; some encoders fill up with zeros before the end marker
_STRIP_PX = 2**20


def check_scan(frame: bytes, pixels: NDArray[np.unsignedinteger]) -> None:
    """Refuse a lossless JPEG of one component whose scan does not hold the bits of its pixels.

    With restart intervals nothing is checked.

    Args:
        frame: Bytes of the JPEG.
        pixels: (H, W) decoded from it.

    Raises:
        FilmError: `truncated` if the scan is too short; `unreadable` if it is too long.

    Source:
        ITU-T T.81 (1992), H.1.2 (prediction, coding of differences), F.1.2.1 (categories).
    """
    parts, start = _segments(frame)
    if _DRI in parts or _SOF3 not in parts or _DHT not in parts:
        return
    n_bits = parts[_SOF3][0]
    predictor, shift = parts[_SOS][-3], parts[_SOS][-1] & 15
    costs = _costs(_code_lengths(parts[_DHT]))
    needed = sum(
        int(costs.take(strip & 0xFFFF).sum())
        for strip in _differences(pixels, predictor, shift, 2 ** (n_bits - shift - 1))
    )
    n_bytes = len(frame[start : frame.rindex(b"\xff\xd9")].replace(b"\xff\0", b"\xff"))
    missing = -(-needed // 8) - n_bytes
    if missing > 0:
        raise FilmError("truncated", f"the scan of a lossless JPEG lacks {missing} bytes")
    if -missing > _MAX_PADDING:
        raise FilmError("unreadable", f"the scan of a lossless JPEG has {-missing} bytes too many")


def _segments(frame: bytes) -> tuple[dict[int, bytes], int]:
    """The segments by marker, equal ones joined, and where the scan starts."""
    parts: dict[int, bytes] = {}
    at = 2
    while at + 4 <= len(frame) and frame[at] == 0xFF:
        marker, length = frame[at + 1], struct.unpack_from(">H", frame, at + 2)[0]
        parts[marker] = parts.get(marker, b"") + frame[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == _SOS:
            return parts, at
    raise FilmError("unreadable", "a compressed frame has no scan")


def _code_lengths(tables: bytes) -> dict[int, int]:
    """Bits of the code of each category, 0 to 16; of the last table."""
    lengths: dict[int, int] = {}
    at = 0
    while at + 17 <= len(tables):
        counts = tables[at + 1 : at + 17]
        codes = [bits for bits, count in enumerate(counts, start=1) for _ in range(count)]
        lengths = dict(zip(tables[at + 17 :], codes, strict=False))
        at += 17 + len(codes)
    return lengths


def _costs(lengths: dict[int, int]) -> NDArray[np.int64]:
    """Bits that each difference modulo 65,536 needs; one without a code needs a whole scan."""
    differences = np.arange(2**16)
    sizes = np.minimum(differences, 2**16 - differences)
    categories = np.frexp(sizes)[1]  # the number of bits of a whole number
    codes = np.array([lengths.get(category, 2**20) for category in range(17)])
    return np.asarray(codes[categories] + np.where(categories == 16, 0, categories))


def _differences(
    pixels: NDArray[np.unsignedinteger], predictor: int, shift: int, first: int
) -> Iterator[NDArray[np.int32]]:
    """Samples minus their predictions, a strip of rows at a time."""
    height, width = pixels.shape
    n_rows = max(1, _STRIP_PX // width)
    for top in range(0, height, n_rows):
        part = pixels[max(0, top - 1) : top + n_rows].astype(np.int32) >> shift
        if top == 0:  # the row above the first: only its first sample predicts
            part = np.vstack([np.full_like(part[:1], first), part])
        left, above, corner = part[1:, :-1], part[:-1, 1:], part[:-1, :-1]
        predicted = part[:-1].copy()  # the first column is predicted from above
        predicted[:, 1:] = _prediction(predictor, left, above, corner)
        if top == 0:
            predicted[0, 1:] = left[0]
        yield part[1:] - predicted


def _prediction(
    predictor: int, left: NDArray[np.int32], above: NDArray[np.int32], corner: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Predictions 1 to 7 (T.81, Table H.1)."""
    formulas: dict[int, Callable[[], NDArray[np.int32]]] = {
        1: lambda: left,
        2: lambda: above,
        3: lambda: corner,
        4: lambda: left + above - corner,
        5: lambda: left + ((above - corner) >> 1),
        6: lambda: above + ((left - corner) >> 1),
        7: lambda: (left + above) >> 1,
    }
    if predictor not in formulas:
        raise FilmError("unreadable", f"a lossless JPEG with predictor {predictor}")
    return formulas[predictor]()
