"""One film: from the bytes of a file to 8-bit grey pixels. The only decoder in the project.

No colour profile is applied and no metadata but the orientation is read: on the Kaggle set the
profile and the mode give the label away.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps

MAX_PIXELS = 100_000_000  # 10,000 x 10,000: four times the largest radiography detector
# Whatever the suffix says; Pillow knows more formats, and hands one (EPS) to another program
FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")


class FilmError(Exception):
    """A file cannot be used as a film.

    Args:
        reason: Reason code of the manifest: `unreadable`, `truncated` or `bomb`.
        detail: What the decoder said.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(reason, detail)


def open_film(data: bytes) -> Image.Image:
    """Read the header of an image file; no pixel is decoded.

    Raises:
        FilmError: `unreadable` when they are of none of FORMATS; `truncated` when they end within
            the header; `bomb` when it promises more than MAX_PIXELS.
    """
    try:
        with _without_pillow_warnings():
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise FilmError("bomb", str(error)) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise _film_error(error) from error
    if image.width * image.height > MAX_PIXELS:
        raise FilmError("bomb", f"{image.width} x {image.height} px")
    return image


def decode_grey(image: Image.Image, at_least_px: int | None = None) -> Image.Image:
    """Decode a film to 8-bit grey, upright.

    Args:
        image: From `open_film`.
        at_least_px: JPEG only: decode at the smallest of the decoder's scales (1, 1/2, 1/4, 1/8)
            that keeps both sides at least this long. Full size when None.

    Returns:
        Image of mode L.

    Raises:
        FilmError: `truncated` when the data ends early, `unreadable` when it is damaged.
    """
    try:
        target = (at_least_px, at_least_px) if at_least_px else image.size
        with _without_pillow_warnings():
            image.draft("L", target)  # a grey JPEG decode skips the colour planes
            image.load()
            return _to_8_bit_grey(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError) as error:
        raise _film_error(error) from error


def bit_depth(mode: str) -> int:
    """Bits per channel of one of Pillow's modes."""
    if mode == "1":
        return 1
    if mode.startswith("I;16"):
        return 16
    return 32 if mode in ("I", "F") else 8


def _film_error(error: Exception) -> FilmError:
    said = str(error)
    return FilmError("truncated" if "truncated" in said.lower() else "unreadable", said)


@contextmanager
def _without_pillow_warnings() -> Iterator[None]:
    """Pillow warns of odd metadata, of which none is used, and of sizes below MAX_PIXELS."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def _to_8_bit_grey(image: Image.Image) -> Image.Image:
    if bit_depth(image.mode) > 8:
        # full scale of 16 bits onto full scale of 8: no film is stretched by its own content
        values = np.nan_to_num(np.asarray(image, dtype=np.float64)) / 257.0
        return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    return image.convert("L")
