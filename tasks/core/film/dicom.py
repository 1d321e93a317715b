"""Read DICOM films: the picture that a viewer shows and, of the patient, a hash, age and sex.

No text of the file reaches a message or a log, except the UID of its transfer syntax. Only the
elements named in this module are read. The reader opens no other file.
"""

import hashlib
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tasks.core.film.dicom_attributes import CHECKED, GREY, check_attributes, check_kind
from tasks.core.film.dicom_frame import DECODERS, DEFLATED, first_frame, inflate, syntax_words
from tasks.core.film.dicom_grey import BIG_ENDIAN, to_grey, whole_number
from tasks.core.film.errors import DECODER_ERRORS, MAX_PIXELS, FilmError, film_error

if TYPE_CHECKING:
    from pydicom import Dataset

_IMPLICIT = "1.2.840.10008.1.2"
_PIXELS = 0x7FE00000  # group of the pixel data; all elements that describe it come before it
_SHAPE = ("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated")
_PICTURE = (
    *_SHAPE, *CHECKED, "HighBit", "PlanarConfiguration", "PixelPaddingValue",
    "PixelPaddingRangeLimit", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence",
    "VOILUTSequence", "WindowCenter", "WindowWidth", "PixelData", "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
)  # fmt: skip
_HEADER_BYTES = 2**24  # of a deflated file; a header of 16 MiB holds more than any film states


def read_shape(data: bytes) -> tuple[int, int, str]:
    """Read width and height in px, and the mode in Pillow's words.

    Raises:
        FilmError: `unreadable` if the header is damaged, describes no picture or names a transfer
            syntax without a decoder; `bomb` if all frames together have more than MAX_PIXELS.
    """
    with private_errors():
        header = read_elements(data, _SHAPE)
        width, height = whole_number(header, "Columns"), whole_number(header, "Rows")
        n_frames = whole_number(header, "NumberOfFrames", 1)
        if min(width, height, n_frames) < 1:
            raise FilmError("unreadable", "the DICOM file holds no picture")
        if width * height * n_frames > MAX_PIXELS:
            raise FilmError("bomb", f"{width} x {height} px in {n_frames} frames")
        return width, height, _mode(header)


def decode(data: bytes) -> Image.Image:
    """Decode the first frame of a DICOM file as a viewer shows it.

    A grey film goes through the modality transformation, then through the first VOI lookup table
    or, without a table, through the first window. Without either, or if the window has no width,
    a film of at most 8 bits shows all its levels, and a wider one the range of its values
    (`value_range.shown_range`). MONOCHROME1 is inverted, so bright is dense; padding is black.
    `dicom_attributes` says what each attribute does.

    Returns:
        Image of mode L or RGB; I;16, 0 (black) to 65,535, if more than 8 bits are stored.

    Raises:
        FilmError: `unreadable`, `truncated` or `bomb`; `bit_depth` if the bits allocated are not
            8 or 16 (in colour: not 8).

    Source:
        DICOM PS3.3, C.7.6.3.1.2 (photometric interpretation), C.11.1 (modality), C.11.2 (VOI).
    """
    width, height, _ = read_shape(data)
    with private_errors():
        header = read_elements(data, _SHAPE)
        n_samples = whole_number(header, "SamplesPerPixel", 1)
        n_bits = whole_number(header, "BitsAllocated")
        if n_bits not in ((8, 16) if n_samples == 1 else (8,)):
            raise FilmError("bit_depth", f"DICOM BitsAllocated: {n_bits}")
        n_pixels = width * height * n_samples * whole_number(header, "NumberOfFrames", 1)
        film = read_elements(data, _PICTURE, n_pixels * n_bits // 8)
        check_kind(film)
        if "PixelData" not in film:  # an element that is cut off is not in the data set at all
            raise FilmError("truncated", "the DICOM file ends before its pixels do")
        check_attributes(film)
        cells = first_frame(film)
        del film.PixelData  # as large as the cells
        if film.PhotometricInterpretation in GREY:
            return to_grey(film, cells)
        return Image.fromarray(np.ascontiguousarray(cells, dtype=np.uint8))


def hash_patient_id(data: bytes, salt: str) -> str | None:
    """Salted hash of the PatientID of a DICOM file.

    The issuer of the PatientID is ignored. Two patients of two hospitals with the same PatientID
    count as one, which can never cause a leak between splits.

    Args:
        data: Bytes of a DICOM file.
        salt: Text put before the PatientID. Keep it secret if PatientIDs can be guessed.

    Returns:
        `dicom:` and the first 16 hex digits of the SHA-256; None if PatientID is empty.

    Raises:
        FilmError: The header is damaged.
    """
    with private_errors():
        number = str(read_elements(data, ("PatientID",)).get("PatientID") or "").strip()
        if not number:
            return None
        return f"dicom:{hashlib.sha256((salt + number).encode()).hexdigest()[:16]}"


def age_and_sex(data: bytes) -> tuple[str, str]:
    """Texts of PatientAge and PatientSex; empty where the element is absent or damaged.

    Raises:
        FilmError: The header is damaged.
    """
    with private_errors():
        header = read_elements(data, ("PatientAge", "PatientSex"))
        return _text(header, "PatientAge"), _text(header, "PatientSex")


def burned_in(data: bytes) -> bool | None:
    """Whether the file states that its pixels contain text; None if it does not state it.

    Raises:
        FilmError: The header is damaged.
    """
    with private_errors():
        stated = str(read_elements(data, ("BurnedInAnnotation",)).get("BurnedInAnnotation"))
        return {"YES": True, "NO": False}.get(stated)


def lateral_view(data: bytes) -> str | None:
    """The ViewPosition of a lateral film, such as LL; None for any other, and without one.

    Source: DICOM PS3.3, C.8.1.1.1; LATERAL and LAT are no codes of the standard, but are written.

    Raises:
        FilmError: The header is damaged.
    """
    with private_errors():
        stated = str(read_elements(data, ("ViewPosition",)).get("ViewPosition")).strip().upper()
        return stated if stated in ("LL", "RL", "LLO", "RLO", "LAT", "LATERAL") else None


def has_icc_profile(data: bytes) -> bool:
    """Whether the file holds a colour profile.

    Raises:
        FilmError: The header is damaged.
    """
    with private_errors():
        return bool(read_elements(data, ("ICCProfile",)).get("ICCProfile"))


@contextmanager
def private_errors() -> Iterator[None]:
    """Raise FilmErrors and silence pydicom: its warnings, logs and errors quote the file."""
    from pydicom.errors import BytesLengthException

    log = logging.getLogger("pydicom")
    propagated, log.propagate = log.propagate, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError:
        raise FilmError("bomb", "a compressed frame is far larger than the film") from None
    except (*DECODER_ERRORS, BytesLengthException) as error:
        reason = film_error(error).reason
        # `from None`: a traceback would show the text of the file
        raise FilmError(reason, f"damaged DICOM file ({type(error).__name__})") from None
    finally:
        log.propagate = propagated


def read_elements(data: bytes, keywords: tuple[str, ...], n_pixel_bytes: int = 0) -> "Dataset":
    """Read some elements of a file, and the pixels only if they are among them.

    This function reads the meta group itself, because `pydicom.dcmread` decompresses deflated
    files of any size.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.filereader import read_dataset
    from pydicom.tag import Tag

    file = io.BytesIO(data)
    file.seek(132)
    meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag >> 16 != 2)
    syntax = str(meta.get("TransferSyntaxUID"))
    if syntax not in DECODERS:
        named = syntax_words(syntax) if re.fullmatch(r"[0-9.]{1,64}", syntax) else "(not a UID)"
        raise FilmError("unreadable", f"DICOM transfer syntax {named} has no decoder here")
    if syntax == DEFLATED:
        file = io.BytesIO(inflate(data[file.tell() :], _HEADER_BYTES + n_pixel_bytes))
    wants_pixels = "PixelData" in keywords
    dataset = read_dataset(
        file,
        syntax == _IMPLICIT,
        syntax != BIG_ENDIAN,
        stop_when=lambda tag, _vr, _length: tag >= _PIXELS and not wants_pixels,
        specific_tags=[Tag(keyword) for keyword in keywords],
    )
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = meta.TransferSyntaxUID
    return dataset


def _text(header: "Dataset", keyword: str) -> str:
    """Text of an element; empty if it is absent or damaged."""
    from pydicom.errors import BytesLengthException

    try:
        return str(header.get(keyword) or "")
    except (*DECODER_ERRORS, BytesLengthException):
        return ""


def _mode(header: "Dataset") -> str:
    n_bits = whole_number(header, "BitsAllocated")
    n_samples = whole_number(header, "SamplesPerPixel", 1)
    if n_samples > 1:
        return "RGB" if n_bits == 8 else "RGB;16"
    return {1: "1", 8: "L", 16: "I;16"}.get(n_bits, "I")
