"""Read DICOM films: the picture that a viewer shows and, of the patient, a hash only.

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
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.dicom_grey import BIG_ENDIAN, to_grey, whole_number
from tasks.core.film.errors import DECODER_ERRORS, MAX_PIXELS, FilmError, film_error

if TYPE_CHECKING:
    from pydicom import Dataset

# Transfer syntaxes (PS3.5, annex A) and pydicom's decoder for each. The decoder is fixed so that
# another installed decoder cannot change a pixel. Deflated files are refused: their size after
# decompression is not known in advance.
DECODERS = {
    "1.2.840.10008.1.2": "",  # implicit VR, little endian, not compressed
    "1.2.840.10008.1.2.1": "",  # explicit VR, little endian
    BIG_ENDIAN: "",
    "1.2.840.10008.1.2.5": "pydicom",  # run lengths
    "1.2.840.10008.1.2.4.50": "pillow",  # JPEG baseline
    "1.2.840.10008.1.2.4.51": "pillow",  # JPEG extended, of 8 bits
    "1.2.840.10008.1.2.4.90": "pillow",  # JPEG 2000, lossless
    "1.2.840.10008.1.2.4.91": "pillow",  # JPEG 2000
}
GREY = ("MONOCHROME1", "MONOCHROME2")
COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_IMPLICIT = "1.2.840.10008.1.2"
_PIXELS = 0x7FE00000  # group of the pixel data; all elements that describe it come before it
_SHAPE = ("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated")
_PICTURE = (
    *_SHAPE, "BitsStored", "HighBit", "PixelRepresentation", "PlanarConfiguration",
    "PhotometricInterpretation", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence",
    "VOILUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction", "PixelData",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
)  # fmt: skip


def read_shape(data: bytes) -> tuple[int, int, str]:
    """Read width and height in px, and the mode in Pillow's words.

    Raises:
        FilmError: `unreadable` if the header is damaged, describes no picture or names a transfer
            syntax without a decoder; `bomb` if all frames together have more than MAX_PIXELS.
    """
    with _private_errors():
        header = _read(data, _SHAPE)
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
    the full range of the stored bits is shown. MONOCHROME1 is inverted, so bright is dense.

    Returns:
        Image of mode L or RGB, 8 bits per channel.

    Raises:
        FilmError: `unreadable`, `truncated` or `bomb`; `bit_depth` if the bits allocated are not
            8 or 16 (in colour: not 8).

    Source:
        DICOM PS3.3, C.7.6.3.1.2 (photometric interpretation), C.11.1 (modality), C.11.2 (VOI).
    """
    read_shape(data)
    with _private_errors():
        film = _read(data, _PICTURE)
        if "PixelData" not in film:  # an element that is cut off is not in the data set at all
            raise FilmError("truncated", "the DICOM file ends before its pixels do")
        photometric = film.get("PhotometricInterpretation")
        n_samples = whole_number(film, "SamplesPerPixel", 1)
        n_bits = whole_number(film, "BitsAllocated")
        if n_bits not in ((8, 16) if n_samples == 1 else (8,)):
            raise FilmError("bit_depth", f"{n_bits} bits allocated")
        if photometric in GREY and n_samples == 1:
            return Image.fromarray(to_grey(film, _first_frame(film)))
        if photometric in COLOUR and n_samples == 3:
            return Image.fromarray(np.ascontiguousarray(_first_frame(film), dtype=np.uint8))
        raise FilmError("unreadable", f"DICOM pictures are {', '.join(GREY + COLOUR)}")


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
    with _private_errors():
        number = str(_read(data, ("PatientID",)).get("PatientID") or "").strip()
        if not number:
            return None
        return f"dicom:{hashlib.sha256((salt + number).encode()).hexdigest()[:16]}"


def burned_in(data: bytes) -> bool | None:
    """Whether the file states that its pixels contain text; None if it does not state it.

    Raises:
        FilmError: The header is damaged.
    """
    with _private_errors():
        stated = str(_read(data, ("BurnedInAnnotation",)).get("BurnedInAnnotation"))
        return {"YES": True, "NO": False}.get(stated)


def has_icc_profile(data: bytes) -> bool:
    """Whether the file holds a colour profile.

    Raises:
        FilmError: The header is damaged.
    """
    with _private_errors():
        return bool(_read(data, ("ICCProfile",)).get("ICCProfile"))


@contextmanager
def _private_errors() -> Iterator[None]:
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


def _read(data: bytes, keywords: tuple[str, ...]) -> "Dataset":
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
        raise FilmError("unreadable", f"DICOM transfer syntax {_syntax_name(syntax)}")
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


def _syntax_name(syntax: str) -> str:
    from pydicom.uid import UID

    return UID(syntax).name if re.fullmatch(r"[0-9.]{1,64}", syntax) else "(not a UID)"


def _mode(header: "Dataset") -> str:
    n_bits = whole_number(header, "BitsAllocated")
    n_samples = whole_number(header, "SamplesPerPixel", 1)
    if n_samples > 1:
        return "RGB" if n_bits == 8 else "RGB;16"
    return {1: "1", 8: "L", 16: "I;16"}.get(n_bits, "I")


def _first_frame(film: "Dataset") -> NDArray[Any]:
    """Stored values (H, W), or 8-bit RGB (H, W, 3)."""
    from pydicom.pixels.utils import get_expected_length, pixel_array

    plugin = DECODERS[film.file_meta.TransferSyntaxUID]
    if plugin == "pillow":
        _check_frame_size(film)
    elif not plugin and len(film.PixelData) < get_expected_length(film):
        raise FilmError("truncated", "the DICOM file ends before its pixels do")
    return pixel_array(film, index=0, decoding_plugin=plugin)


def _check_frame_size(film: "Dataset") -> None:
    """Refuse a compressed frame whose own size is not the size in the DICOM header."""
    from pydicom.encaps import get_frame

    n_frames = whole_number(film, "NumberOfFrames", 1)
    frame = get_frame(film.PixelData, 0, number_of_frames=n_frames)
    with Image.open(io.BytesIO(frame), formats=("JPEG", "JPEG2000")) as image:
        if image.size != (film.Columns, film.Rows):
            raise FilmError("unreadable", "the size of a compressed frame is not the film's size")
