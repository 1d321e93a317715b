"""Turn the stored values of a DICOM film into the grey levels that a viewer shows.

Source:
    DICOM PS3.3, C.11.1 (modality transformation), C.11.2 (VOI transformation), C.7.6.3.1.2
    (photometric interpretation), C.7.5.1.1.2 (padding); PS3.5, 8.1.1 (stored bits).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.errors import FilmError
from tasks.core.film.grey import as_levels
from tasks.core.film.value_range import Range, ValueCounts, as_shares, shown_range

if TYPE_CHECKING:
    from pydicom import Dataset

BIG_ENDIAN = "1.2.840.10008.1.2.2"  # transfer syntax: explicit VR, big endian
_STRIP_PX = 2**20  # pixels converted at a time: an index of 8 bytes is made for each

Values = NDArray[np.float64]
Whole = NDArray[np.int64]


def to_grey(film: "Dataset", stored: NDArray[Any]) -> Image.Image:
    """Apply the modality transformation, the VOI transformation, padding and MONOCHROME1.

    The result is read from a table of all patterns that the allocated bits can hold.

    Args:
        film: The elements of the DICOM file that describe its grey values.
        stored: (H, W) bits allocated of one frame: uint8, int8, uint16 or int16. Overwritten.

    Returns:
        Image of mode L if 8 bits or fewer are stored, else of mode I;16; bright is dense.

    Raises:
        FilmError: `unreadable` if the grey values are described wrongly.
    """
    cells = np.ascontiguousarray(stored, dtype=stored.dtype.newbyteorder("="))
    cells = cells.view(f"u{cells.itemsize}")
    counts: ValueCounts = np.zeros(256**cells.itemsize, dtype=np.int64)
    for rows in _strips(cells):
        counts += np.bincount(rows.ravel(), minlength=len(counts))
    shares = _shares(film, counts)
    size = (cells.shape[1], cells.shape[0])
    if whole_number(film, "BitsStored") <= 8:
        grey = np.empty(cells.shape, dtype=np.uint8)
        levels = np.rint(255 * shares).astype(np.uint8)
        for rows, shown in zip(_strips(cells), _strips(grey), strict=True):
            shown[...] = levels.take(rows)
        return Image.fromarray(grey)
    table = as_levels(shares)
    for rows in _strips(cells):
        rows[...] = table.take(rows)
    return Image.frombuffer("I;16", size, cells, "raw", "I;16", 0, 1)


def whole_number(film: "Dataset", keyword: str, default: int = 0) -> int:
    """Value of an element as an integer."""
    value = film.get(keyword)
    return default if value is None else int(value)


def _strips(cells: NDArray[Any]) -> Iterator[NDArray[Any]]:
    n_rows = max(1, _STRIP_PX // cells.shape[1])
    for top in range(0, len(cells), n_rows):
        yield cells[top : top + n_rows]


def _shares(film: "Dataset", counts: ValueCounts) -> Values:
    """Share of white of each pattern of the allocated bits, 0 to 1."""
    cells = np.arange(len(counts))
    stored, n_bits = _stored_values(film, cells)
    padding = _padding(film, stored, cells)
    values, possible = _modality(film, stored.astype(np.float64))
    if n_bits > 8:  # of at most 8 bits every level can be shown
        possible = shown_range(values[~padding], counts[~padding])
    shares = np.clip(_voi(film, values, possible), 0, 1)
    if film.PhotometricInterpretation == "MONOCHROME1":
        shares = 1 - shares
    shares[padding] = 0  # background in either polarity
    return shares


def _stored_values(film: "Dataset", cells: Whole) -> tuple[Whole, int]:
    """The values in the stored bits of each pattern, and the number of bits."""
    n_bits = whole_number(film, "BitsStored")
    n_allocated = len(cells).bit_length() - 1
    shift = whole_number(film, "HighBit", n_bits - 1) + 1 - n_bits
    if not 0 <= shift <= n_allocated - n_bits:
        raise FilmError("unreadable", "DICOM HighBit: the stored bits are not in the allocated")
    stored = (cells >> shift) & (2**n_bits - 1)
    if whole_number(film, "PixelRepresentation"):
        stored = np.where(stored < 2 ** (n_bits - 1), stored, stored - 2**n_bits)
    return stored, n_bits


def _padding(film: "Dataset", stored: Whole, cells: Whole) -> NDArray[np.bool_]:
    """Which patterns are padding: those whose value or whole cell lies in the padding range."""
    if film.get("PixelPaddingValue") in (None, ""):
        return np.zeros(len(cells), dtype=bool)
    first = whole_number(film, "PixelPaddingValue")
    low, high = sorted((first, whole_number(film, "PixelPaddingRangeLimit", first)))
    signed = np.where(cells < len(cells) // 2, cells, cells - len(cells))
    whole = signed if low < 0 else cells
    return ((low <= stored) & (stored <= high)) | ((low <= whole) & (whole <= high))


def _modality(film: "Dataset", stored: Values) -> tuple[Values, Range]:
    """Values after the modality transformation, and the lowest and highest possible value."""
    if film.get("ModalityLUTSequence"):
        values, top = _look_up(film, film.ModalityLUTSequence[0], stored)
        return values, (0, top)
    slope, intercept = _first(film, "RescaleSlope", 1), _first(film, "RescaleIntercept", 0)
    values = stored * slope + intercept
    if slope == 0 or not np.isfinite(values).all():
        raise FilmError("unreadable", "DICOM RescaleSlope: it is 0 or out of range")
    return values, (values.min(), values.max())


def _voi(film: "Dataset", values: Values, possible: Range) -> Values:
    """Map values to 0 (dark) to 1 by the first VOI table, the first window or a range."""
    tables = film.get("VOILUTSequence")
    if tables and tables[0].get("LUTData") is not None:
        shown, top = _look_up(film, tables[0], values)
        return shown / top
    centre, width = _first(film, "WindowCenter", np.nan), _first(film, "WindowWidth", np.nan)
    function = film.get("VOILUTFunction")
    if function not in ("SIGMOID", "LINEAR_EXACT"):  # LINEAR, which is also the default
        centre, width = centre - 0.5, width - 1
        if width == 0 and np.isfinite(centre):  # a window of one grey level is a step
            return (values > centre).astype(np.float64)
    if not (np.isfinite(centre) and np.isfinite(width) and width > 0):
        return as_shares(values, possible)
    offset = (values - centre) / width
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * offset, -700, 700)))  # exp(710) is infinite
    return offset + 0.5


def _look_up(film: "Dataset", item: "Dataset", values: Values) -> tuple[Values, float]:
    """Values after a lookup table, and the highest value that its entries can have."""
    n_entries, first, n_bits = (int(number) for number in item.LUTDescriptor)
    n_entries = n_entries or 2**16
    if whole_number(film, "PixelRepresentation") and values.min() < 0 and first >= 2**15:
        first -= 2**16  # a signed value written as unsigned
    entries = item.LUTData
    if isinstance(entries, bytes):
        wide = ">u2" if film.file_meta.TransferSyntaxUID == BIG_ENDIAN else "<u2"
        entries = np.frombuffer(entries, wide if len(entries) >= 2 * n_entries else "u1")
    entries = np.atleast_1d(np.asarray(entries, dtype=np.float64))
    if len(entries) < n_entries or not 8 <= n_bits <= 16:
        raise FilmError("unreadable", "DICOM LUTDescriptor: it does not fit the lookup table")
    places = np.clip(np.rint(values) - first, 0, n_entries - 1).astype(np.int64)
    return entries[places], 2**n_bits - 1


def _first(film: "Dataset", keyword: str, default: float) -> float:
    """First value of an element that may hold several values or none."""
    value = film.get(keyword)
    if value is None or value == "":
        return default
    return float(value) if isinstance(value, int | float | str) else float(value[0])
