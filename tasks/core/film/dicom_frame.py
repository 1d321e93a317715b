"""Decode the first frame of a DICOM film: a fixed decoder for each transfer syntax.

The decoder is fixed so that another installed decoder cannot change a pixel. JPEG Lossless,
JPEG-LS and JPEG of 12 bits need the package imagecodecs; without it the film is refused, and the
message says what to install. GDCM is not used: it ends the process on a damaged frame. A JPEG of
12 bits that was cut and closed with an end marker is not found: no decoder reports it.
"""

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.dicom_grey import BIG_ENDIAN, whole_number
from tasks.core.film.errors import FilmError
from tasks.core.film.jpeg_damage import check_stream
from tasks.core.film.jpeg_lossless import check_scan
from tasks.core.film.jpeg_parts import read_jpeg

if TYPE_CHECKING:
    from pydicom import Dataset

DEFLATED = "1.2.840.10008.1.2.1.99"
RUN_LENGTHS = "1.2.840.10008.1.2.5"
_EXTENDED = "1.2.840.10008.1.2.4.51"
_CODECS = "imagecodecs"
# Transfer syntaxes (PS3.5, annex A) and the decoder for each; "" reads pixels as they are stored
DECODERS = {
    "1.2.840.10008.1.2": "",  # implicit VR, little endian, not compressed
    "1.2.840.10008.1.2.1": "",  # explicit VR, little endian
    DEFLATED: "",
    BIG_ENDIAN: "",
    RUN_LENGTHS: "pydicom",
    "1.2.840.10008.1.2.4.50": "pillow",  # JPEG baseline
    _EXTENDED: "pillow",  # JPEG extended, of 8 bits; of 12 bits: imagecodecs
    "1.2.840.10008.1.2.4.57": _CODECS,  # JPEG lossless
    "1.2.840.10008.1.2.4.70": _CODECS,  # JPEG lossless, first-order prediction
    "1.2.840.10008.1.2.4.80": _CODECS,  # JPEG-LS, lossless
    "1.2.840.10008.1.2.4.81": _CODECS,  # JPEG-LS, near-lossless
    "1.2.840.10008.1.2.4.90": "pillow",  # JPEG 2000, lossless
    "1.2.840.10008.1.2.4.91": "pillow",  # JPEG 2000
}
_LOSSLESS = ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
_JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
_INSTALL = "pip install 'imagecodecs>=2026.3,<2027'"
# Markers that start a frame: SOF0 to SOF15 without DHT, JPG and DAC (ITU-T T.81, Table B.1), and
# SOF55 of JPEG-LS (ITU-T T.87)
_FRAMES = ({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}) | {0xF7}
_END = b"\xff\xd9"


def first_frame(film: "Dataset") -> NDArray[Any]:
    """Decode the first frame.

    Returns:
        (H, W) cells of the bits allocated, uint8, int8, uint16 or int16; or 8-bit RGB (H, W, 3).

    Raises:
        FilmError: `truncated` if the pixels end early; `unreadable` if a compressed frame does
            not fit the header or needs a package that is not installed.
    """
    from pydicom.pixels.utils import get_expected_length, pixel_array

    syntax = str(film.file_meta.TransferSyntaxUID)
    plugin = DECODERS[syntax]
    if plugin == "pillow" and not (syntax == _EXTENDED and whole_number(film, "BitsStored") > 8):
        _check_frame(film)
    elif plugin in ("pillow", _CODECS):
        return _by_imagecodecs(film, syntax)
    elif not plugin and len(film.PixelData) < get_expected_length(film):
        raise FilmError("truncated", "the DICOM file ends before its pixels do")
    cells = pixel_array(film, index=0, decoding_plugin=plugin, correct_unused_bits=False)
    if plugin == "pillow" and cells.ndim == 2:
        _check_bits(film, cells)
    return cells


def inflate(data: bytes, n_bytes: int) -> bytes:
    """Decompress the data set of a deflated file, at most `n_bytes` of it."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, n_bytes)


def syntax_words(syntax: str) -> str:
    """Name and UID of a transfer syntax."""
    from pydicom.uid import UID

    name = UID(syntax).name
    return syntax if name == syntax else f"{name} ({syntax})"


def _by_imagecodecs(film: "Dataset", syntax: str) -> NDArray[Any]:
    try:
        import imagecodecs
    except ImportError:
        words = f"DICOM transfer syntax {syntax_words(syntax)} needs imagecodecs: {_INSTALL}"
        raise FilmError("unreadable", words) from None
    frame = _frame(film)
    size, n_bits = _frame_header(frame)
    if film.SamplesPerPixel != 1:
        raise FilmError("unreadable", f"DICOM SamplesPerPixel: colour in {syntax_words(syntax)}")
    if size != (film.Columns, film.Rows, 1):
        raise FilmError("unreadable", "the size of a compressed frame is not the film's size")
    if n_bits > film.BitsAllocated or (n_bits <= 8) != (film.BitsStored <= 8):
        raise FilmError("unreadable", f"DICOM BitsStored: the frame holds {n_bits} bits")
    if not frame.rstrip(b"\0\xff").endswith(_END):  # a byte fills up an odd frame
        raise FilmError("truncated", "a compressed frame has no end marker")
    decode = imagecodecs.jpegls_decode if syntax in _JPEG_LS else imagecodecs.jpeg8_decode
    cells: NDArray[Any] = decode(frame).astype(f"u{film.BitsAllocated // 8}", copy=False)
    _check_bits(film, cells)
    if syntax in _LOSSLESS:
        check_scan(frame, cells)
    return cells


def _check_bits(film: "Dataset", cells: NDArray[Any]) -> None:
    """Refuse a compressed frame of unsigned values that need more than the stored bits."""
    n_bits = whole_number(film, "BitsStored")
    if not whole_number(film, "PixelRepresentation") and int(cells.max()) >= 2**n_bits:
        raise FilmError("unreadable", f"DICOM BitsStored: the frame needs more than {n_bits} bits")
    if whole_number(film, "HighBit", n_bits - 1) != n_bits - 1:
        raise FilmError("unreadable", "DICOM HighBit: compressed values start at the lowest bit")


def _frame(film: "Dataset") -> bytes:
    from pydicom.encaps import get_frame

    return get_frame(film.PixelData, 0, number_of_frames=whole_number(film, "NumberOfFrames", 1))


def _frame_header(frame: bytes) -> tuple[tuple[int, int, int], int]:
    """Width, height and components of a JPEG or JPEG-LS frame, and its bits per sample."""
    at = 2
    while frame[at : at + 1] == b"\xff" and at + 10 <= len(frame):
        marker, length = frame[at + 1], struct.unpack_from(">H", frame, at + 2)[0]
        if marker in _FRAMES:
            n_bits, height, width, n_parts = struct.unpack_from(">BHHB", frame, at + 4)
            return (width, height, n_parts), n_bits
        at += 1 if marker == 0xFF else 2 + length
    raise FilmError("unreadable", "a compressed frame has no header")


def _check_frame(film: "Dataset") -> None:
    """Refuse a compressed frame of another size than the header's, and a damaged JPEG."""
    frame = _frame(film)
    with Image.open(io.BytesIO(frame), formats=("JPEG", "JPEG2000")) as image:
        if image.size != (film.Columns, film.Rows):
            raise FilmError("unreadable", "the size of a compressed frame is not the film's size")
    parts = read_jpeg(frame) if image.format == "JPEG" else None
    if parts is not None:
        check_stream(parts)
