"""DICOM films: the grey picture that a viewer would show, and nothing of the patient but a hash.

No text of the file reaches a message or a log, except the UID of its transfer syntax. Only the
elements named here are read; the reader never looks beyond the bytes it is given.
"""

import hashlib
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.errors import DAMAGE, MAX_PIXELS, FilmError, film_error

if TYPE_CHECKING:
    from pydicom import Dataset

# Transfer syntaxes (PS3.5, annex A) and pydicom's decoder for each. Another decoder that happens
# to be installed must not change a pixel. Deflated files are left out: they inflate unseen.
DECODERS = {
    "1.2.840.10008.1.2": "",  # implicit VR, little endian, not compressed
    "1.2.840.10008.1.2.1": "",  # explicit VR, little endian
    "1.2.840.10008.1.2.2": "",  # explicit VR, big endian
    "1.2.840.10008.1.2.5": "pydicom",  # run lengths
    "1.2.840.10008.1.2.4.50": "pillow",  # JPEG baseline
    "1.2.840.10008.1.2.4.51": "pillow",  # JPEG extended, of 8 bits
    "1.2.840.10008.1.2.4.90": "pillow",  # JPEG 2000, lossless
    "1.2.840.10008.1.2.4.91": "pillow",  # JPEG 2000
}
GREY = ("MONOCHROME1", "MONOCHROME2")
COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_IMPLICIT, _BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
_PIXELS = 0x7FE00000  # group of all pixel data; what describes them comes before
_SHAPE = ("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated")
_PICTURE = (
    *_SHAPE, "BitsStored", "HighBit", "PixelRepresentation", "PlanarConfiguration",
    "PhotometricInterpretation", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence",
    "VOILUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction", "PixelData",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
)  # fmt: skip

Values = NDArray[np.float64]


def read_shape(data: bytes) -> tuple[int, int, str]:
    """Width and height in px, and mode as Pillow would name it.

    Raises:
        FilmError: `unreadable` when the header is damaged, holds no picture or names a transfer
            syntax that cannot be decoded; `bomb` when all frames together have more than
            MAX_PIXELS.
    """
    with _quiet():
        header = _read(data, _SHAPE)
        width, height = _whole(header, "Columns"), _whole(header, "Rows")
        n_frames = _whole(header, "NumberOfFrames", 1)
        if min(width, height, n_frames) < 1:
            raise FilmError("unreadable", "the DICOM file holds no picture")
        if width * height * n_frames > MAX_PIXELS:
            raise FilmError("bomb", f"{width} x {height} px in {n_frames} frames")
        return width, height, _mode(header)


def decode(data: bytes) -> Image.Image:
    """Decode the first frame of a DICOM file as a viewer shows it.

    Grey films go through the modality transformation, then through the first VOI lookup table, or
    else the first window. Where there is neither (or a window of no width), the full range of the
    bits stored is shown. MONOCHROME1 is inverted, so that bright is dense.

    Returns:
        Image of mode L or RGB, 8 bits per channel.

    Raises:
        FilmError: `unreadable`, `truncated` or `bomb`; `bit_depth` when a pixel has other than 8
            or 16 bits allocated (8 in colour).

    Source:
        DICOM PS3.3, C.7.6.3.1.2 (photometric interpretation), C.11.1 (modality), C.11.2 (VOI).
    """
    read_shape(data)
    with _quiet():
        film = _read(data, _PICTURE)
        if "PixelData" not in film:  # nor anything else: a cut in compressed pixels costs all
            raise FilmError("truncated", "the DICOM file ends before its pixels do")
        photometric = film.get("PhotometricInterpretation")
        n_samples = _whole(film, "SamplesPerPixel", 1)
        n_bits = _whole(film, "BitsAllocated")
        if n_bits not in ((8, 16) if n_samples == 1 else (8,)):
            raise FilmError("bit_depth", f"{n_bits} bits allocated")
        if photometric in GREY and n_samples == 1:
            return Image.fromarray(_grey(film, _first_frame(film)))
        if photometric in COLOUR and n_samples == 3:
            return Image.fromarray(np.ascontiguousarray(_first_frame(film), dtype=np.uint8))
        raise FilmError("unreadable", f"DICOM pictures are {', '.join(GREY + COLOUR)}")


def patient_key(data: bytes, salt: str) -> str | None:
    """Replace the patient number of a DICOM file by a salted hash of it.

    The number alone counts, not who issued it: two hospitals' patients of one number are joined,
    which costs a little freedom in the split and can never leak.

    Args:
        data: Bytes of a DICOM file.
        salt: Text before the number, secret where numbers could be guessed.

    Returns:
        `dicom:` and the first 16 hex digits of the sha256; None where PatientID is empty.

    Raises:
        FilmError: The header is damaged.
    """
    with _quiet():
        number = str(_read(data, ("PatientID",)).get("PatientID") or "").strip()
        if not number:
            return None
        return f"dicom:{hashlib.sha256((salt + number).encode()).hexdigest()[:16]}"


def burned_in(data: bytes) -> bool | None:
    """Whether the file says that its pixels hold text. Raises as `patient_key`."""
    with _quiet():
        said = str(_read(data, ("BurnedInAnnotation",)).get("BurnedInAnnotation"))
        return {"YES": True, "NO": False}.get(said)


def has_icc_profile(data: bytes) -> bool:
    """Whether the file brings a colour profile. Raises as `patient_key`."""
    with _quiet():
        return bool(_read(data, ("ICCProfile",)).get("ICCProfile"))


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence pydicom, whose warnings, logs and errors quote the file, and raise FilmErrors."""
    from pydicom.errors import BytesLengthException

    log = logging.getLogger("pydicom")
    was_heard, log.propagate = log.propagate, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError:
        raise FilmError("bomb", "a compressed frame is far larger than the film") from None
    except (*DAMAGE, BytesLengthException) as error:  # `from None`: a traceback would show the text
        reason = film_error(error).reason
        raise FilmError(reason, f"damaged DICOM file ({type(error).__name__})") from None
    finally:
        log.propagate = was_heard


def _read(data: bytes, keywords: tuple[str, ...]) -> "Dataset":
    """Some elements of a file; its pixels only if they are among them.

    The file's meta group is read here and not by `pydicom.dcmread`, which would inflate a
    deflated file of any size.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.filereader import read_dataset
    from pydicom.tag import Tag

    file = io.BytesIO(data)
    file.seek(132)
    meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag >> 16 != 2)
    syntax = str(meta.get("TransferSyntaxUID"))
    if syntax not in DECODERS:
        raise FilmError("unreadable", f"DICOM transfer syntax {_syntax_name(syntax)}")
    wants_pixels = "PixelData" in keywords
    dataset = read_dataset(
        file,
        syntax == _IMPLICIT,
        syntax != _BIG_ENDIAN,
        stop_when=lambda tag, _vr, _length: tag >= _PIXELS and not wants_pixels,
        specific_tags=[Tag(keyword) for keyword in keywords],
    )
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = meta.TransferSyntaxUID
    return dataset


def _syntax_name(syntax: str) -> str:
    from pydicom.uid import UID

    return UID(syntax).name if re.fullmatch(r"[0-9.]{1,64}", syntax) else "that is no UID"


def _whole(header: "Dataset", keyword: str, otherwise: int = 0) -> int:
    value = header.get(keyword)
    return otherwise if value is None else int(value)


def _mode(header: "Dataset") -> str:
    n_bits, n_samples = _whole(header, "BitsAllocated"), _whole(header, "SamplesPerPixel", 1)
    if n_samples > 1:
        return "RGB" if n_bits == 8 else "RGB;16"
    return {1: "1", 8: "L", 16: "I;16"}.get(n_bits, "I")


def _first_frame(film: "Dataset") -> NDArray[Any]:
    """Stored values (H, W) or 8-bit RGB (H, W, 3)."""
    from pydicom.pixels.utils import get_expected_length, pixel_array

    plugin = DECODERS[film.file_meta.TransferSyntaxUID]
    if plugin == "pillow":
        _check_codestream(film)
    elif not plugin and len(film.PixelData) < get_expected_length(film):
        raise FilmError("truncated", "the DICOM file ends before its pixels do")
    return pixel_array(film, index=0, decoding_plugin=plugin)


def _check_codestream(film: "Dataset") -> None:
    """A JPEG inside a DICOM file has a size of its own: do not decode what is not announced."""
    from pydicom.encaps import get_frame

    n_frames = _whole(film, "NumberOfFrames", 1)
    frame = get_frame(film.PixelData, 0, number_of_frames=n_frames)
    with Image.open(io.BytesIO(frame), formats=("JPEG", "JPEG2000")) as image:
        if image.size != (film.Columns, film.Rows):
            raise FilmError("unreadable", "the size of a compressed frame is not the film's")


def _grey(film: "Dataset", stored: NDArray[Any]) -> NDArray[np.uint8]:
    """Stored values to 8-bit grey, by a table of all values that the bits stored can hold."""
    n_bits = _whole(film, "BitsStored", _whole(film, "BitsAllocated"))
    if not 1 < n_bits <= 16:
        raise FilmError("unreadable", f"{n_bits} bits stored")
    lowest = -(2 ** (n_bits - 1)) if _whole(film, "PixelRepresentation") else 0
    values, low, high = _modality(film, np.arange(lowest, lowest + 2**n_bits, dtype=np.float64))
    shown = np.clip(_presented(film, values, low, high), 0, 1)
    if film.PhotometricInterpretation == "MONOCHROME1":
        shown = 1 - shown
    table = np.rint(255 * shown).astype(np.uint8)
    return table.take(stored.astype(np.int32) - lowest, mode="clip")


def _modality(film: "Dataset", stored: Values) -> tuple[Values, float, float]:
    """Modality transformation, and the lowest and highest value it can give."""
    if film.get("ModalityLUTSequence"):
        values, top = _look_up(film, film.ModalityLUTSequence[0], stored)
        return values, 0, top
    slope, intercept = _first(film, "RescaleSlope", 1), _first(film, "RescaleIntercept", 0)
    values = stored * slope + intercept
    if slope == 0 or not np.isfinite(values).all():
        raise FilmError("unreadable", "a rescale slope of 0 or out of range")
    return values, values.min(), values.max()


def _presented(film: "Dataset", values: Values, low: float, high: float) -> Values:
    """First VOI table, first window or full range: values onto 0 (dark) to 1."""
    tables = film.get("VOILUTSequence")
    if tables and tables[0].get("LUTData") is not None:
        presented, top = _look_up(film, tables[0], values)
        return presented / top
    centre, width = _first(film, "WindowCenter", np.nan), _first(film, "WindowWidth", np.nan)
    shape = film.get("VOILUTFunction")
    if shape not in ("SIGMOID", "LINEAR_EXACT"):  # LINEAR, said or not
        centre, width = centre - 0.5, width - 1
        if width == 0 and np.isfinite(centre):  # a window of one grey level is a step
            return (values > centre).astype(np.float64)
    if not (np.isfinite(centre) and np.isfinite(width) and width > 0):
        return (values - low) / (high - low)
    offset = (values - centre) / width
    if shape == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * offset, -700, 700)))  # exp(710) is infinite
    return offset + 0.5


def _look_up(film: "Dataset", item: "Dataset", values: Values) -> tuple[Values, float]:
    """Values through a lookup table, and the highest value its entries may have."""
    n_entries, first, n_bits = (int(number) for number in item.LUTDescriptor)
    n_entries = n_entries or 2**16
    entries = item.LUTData
    if isinstance(entries, bytes):
        wide = ">u2" if film.file_meta.TransferSyntaxUID == _BIG_ENDIAN else "<u2"
        entries = np.frombuffer(entries, wide if len(entries) >= 2 * n_entries else "u1")
    entries = np.atleast_1d(np.asarray(entries, dtype=np.float64))
    if len(entries) < n_entries or not 8 <= n_bits <= 16:
        raise FilmError("unreadable", "a lookup table is not as long as it says")
    places = np.clip(np.rint(values) - first, 0, n_entries - 1).astype(np.int64)
    return entries[places], 2**n_bits - 1


def _first(film: "Dataset", keyword: str, otherwise: float) -> float:
    """First value of an element that may hold several, or none."""
    value = film.get(keyword)
    if value is None or value == "":
        return otherwise
    return float(value) if isinstance(value, int | float | str) else float(value[0])
