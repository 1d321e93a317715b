"""Pictures that are stored inside a page, as `data:` addresses."""

import base64
import struct
from dataclasses import dataclass
from pathlib import Path

from tasks.core.errors import LunglineError


class PictureError(LunglineError):
    """A file that a page shows is not a PNG file."""


@dataclass(frozen=True)
class Picture:
    """A picture inside a page.

    uri: `data:` address with the bytes of the file.
    width_px, height_px: size of the picture in pixels.
    """

    uri: str
    width_px: int
    height_px: int


def inline_png(path: Path) -> Picture:
    """Read a PNG file into a `data:` address.

    Raises:
        PictureError: The file is not a PNG file.

    Source:
        PNG specification (W3C, third edition), 5.2 for the signature, 11.2.1 for the size.
    """
    content = path.read_bytes()
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        raise PictureError(
            "a picture of a page must be a PNG file",
            found=f"{len(content)} bytes in another format",
            where=str(path),
            next_step="draw it again: `dvc repro --force explain`",
        )
    width_px, height_px = struct.unpack(">II", content[16:24])
    return Picture(data_uri("image/png", content), width_px, height_px)


def inline_jpeg(path: Path) -> Picture:
    """Read a JPEG file into a `data:` address."""
    from PIL import Image

    with Image.open(path, formats=("JPEG",)) as image:
        width_px, height_px = image.size
    return Picture(data_uri("image/jpeg", path.read_bytes()), width_px, height_px)


def data_uri(media_type: str, content: bytes) -> str:
    """Encode the bytes of a file as a `data:` address (RFC 2397).

    Example:
        >>> data_uri("image/png", b"abc")
        'data:image/png;base64,YWJj'
    """
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
