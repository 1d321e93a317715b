"""Turn the stored values of a DICOM film into the 8-bit grey levels that a viewer shows.

Source:
    DICOM PS3.3, C.11.1 (modality transformation), C.11.2 (VOI transformation), C.7.6.3.1.2
    (photometric interpretation).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.film.errors import FilmError
from tasks.core.image_store.store import Pixels

if TYPE_CHECKING:
    from pydicom import Dataset

BIG_ENDIAN = "1.2.840.10008.1.2.2"  # transfer syntax: explicit VR, big endian

Values = NDArray[np.float64]


def to_grey(film: "Dataset", stored: NDArray[Any]) -> Pixels:
    """Apply the modality transformation, the VOI transformation and MONOCHROME1.

    The result is read from a table of all values that the stored bits can hold.

    Args:
        film: The elements of the DICOM file that describe its grey values.
        stored: (H, W) stored values of one frame, integers.

    Returns:
        image: (H, W) uint8 in [0, 255], bright is dense.

    Raises:
        FilmError: `unreadable` if the grey values are described wrongly.
    """
    n_bits = whole_number(film, "BitsStored", whole_number(film, "BitsAllocated"))
    if not 1 < n_bits <= 16:
        raise FilmError("unreadable", f"{n_bits} bits stored")
    lowest = -(2 ** (n_bits - 1)) if whole_number(film, "PixelRepresentation") else 0
    values, low, high = _modality(film, np.arange(lowest, lowest + 2**n_bits, dtype=np.float64))
    shown = np.clip(_voi(film, values, low, high), 0, 1)
    if film.PhotometricInterpretation == "MONOCHROME1":
        shown = 1 - shown
    table = np.rint(255 * shown).astype(np.uint8)
    return table.take(stored.astype(np.int32) - lowest, mode="clip")


def whole_number(film: "Dataset", keyword: str, default: int = 0) -> int:
    """Value of an element as an integer."""
    value = film.get(keyword)
    return default if value is None else int(value)


def _modality(film: "Dataset", stored: Values) -> tuple[Values, float, float]:
    """Values after the modality transformation, and the lowest and highest possible value."""
    if film.get("ModalityLUTSequence"):
        values, top = _look_up(film, film.ModalityLUTSequence[0], stored)
        return values, 0, top
    slope, intercept = _first(film, "RescaleSlope", 1), _first(film, "RescaleIntercept", 0)
    values = stored * slope + intercept
    if slope == 0 or not np.isfinite(values).all():
        raise FilmError("unreadable", "the rescale slope is 0 or out of range")
    return values, values.min(), values.max()


def _voi(film: "Dataset", values: Values, low: float, high: float) -> Values:
    """Map values to 0 (dark) to 1 by the first VOI table, the first window or the full range."""
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
        return (values - low) / (high - low)
    offset = (values - centre) / width
    if function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * offset, -700, 700)))  # exp(710) is infinite
    return offset + 0.5


def _look_up(film: "Dataset", item: "Dataset", values: Values) -> tuple[Values, float]:
    """Values after a lookup table, and the highest value that its entries can have."""
    n_entries, first, n_bits = (int(number) for number in item.LUTDescriptor)
    n_entries = n_entries or 2**16
    entries = item.LUTData
    if isinstance(entries, bytes):
        wide = ">u2" if film.file_meta.TransferSyntaxUID == BIG_ENDIAN else "<u2"
        entries = np.frombuffer(entries, wide if len(entries) >= 2 * n_entries else "u1")
    entries = np.atleast_1d(np.asarray(entries, dtype=np.float64))
    if len(entries) < n_entries or not 8 <= n_bits <= 16:
        raise FilmError("unreadable", "a lookup table is shorter than its descriptor says")
    places = np.clip(np.rint(values) - first, 0, n_entries - 1).astype(np.int64)
    return entries[places], 2**n_bits - 1


def _first(film: "Dataset", keyword: str, default: float) -> float:
    """First value of an element that may hold several values or none."""
    value = film.get(keyword)
    if value is None or value == "":
        return default
    return float(value) if isinstance(value, int | float | str) else float(value[0])
