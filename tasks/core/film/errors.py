"""FilmError, the reasons for it, and the size limits of every decoder."""

import struct
import zlib

MAX_PIXELS = 100_000_000  # 10,000 x 10,000: four times the largest radiography detector
# A JPEG cannot have a longer side (libjpeg: JPEG_MAX_DIMENSION). Later steps hold arrays with the
# shape of a side, so a picture of 100,000,000 x 1 px would not fit in memory.
MAX_SIDE_PX = 65_500
# Kinds that need 13 to 19 bytes per pixel at the peak, measured; the others need 1 to 9. With this
# limit, twice the largest detector, a worker stays below 1 GB for each kind.
MAX_PIXELS_WIDE = 50_000_000
_WIDE = ("P", "PA", "LA", "La", "RGBA", "RGBa", "WEBP", "I", "F", "RGB;16")
# Pillow decodes a run-length BMP in Python: 0.12 s per 1,000,000 px
MAX_PIXELS_RUNS = 10_000_000
# Exceptions that decoders raise on damaged bytes. A bug of ours that raises one still fails a test.
DECODER_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    AssertionError,
    BufferError,
    struct.error,
    zlib.error,
)


class FilmError(Exception):
    """A file cannot be used as a film.

    Args:
        reason: Reason code of the manifest, see `tasks.core.reasons`.
        detail: Message of the decoder. For DICOM it never contains text from the file.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(reason, detail)


def check_picture_size(
    width: int, height: int, kinds: tuple[str, ...], max_pixels: int = MAX_PIXELS
) -> None:
    """Refuse a picture that is too large to decode.

    Args:
        width: px, from the header.
        height: px, from the header.
        kinds: Pillow's mode and format.
        max_pixels: A lower limit than MAX_PIXELS, if a decoder needs one.

    Raises:
        FilmError: `bomb`, with the size and the limit.
    """
    if any(kind in _WIDE or kind.startswith("I;") for kind in kinds):
        max_pixels = min(max_pixels, MAX_PIXELS_WIDE)
    size = f"{width} x {height} px"
    if width * height > max_pixels:
        raise FilmError("bomb", f"{size}; the limit for this kind is {max_pixels} px")
    if max(width, height) > MAX_SIDE_PX:
        raise FilmError("bomb", f"{size}; the limit of a side is {MAX_SIDE_PX} px")


def film_error(error: Exception) -> FilmError:
    """Turn an exception of a decoder into a FilmError."""
    message, kind = str(error), type(error).__name__
    if not message or not isinstance(error, OSError | SyntaxError):
        message = f"{kind}: {message}" if message else kind  # the decoder itself broke down
    return FilmError("truncated" if "truncated" in message.lower() else "unreadable", message)
