"""Pictures that are stored inside a page, as `data:` addresses."""

import base64
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.errors import LunglineError

if TYPE_CHECKING:
    from PIL import Image


class PictureError(LunglineError):
    """A picture or heat map that a page shows is damaged, or of another format."""


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
        PictureError: The file is not a whole PNG file.

    Source:
        PNG specification (W3C, third edition), 5.2 for the signature, 11.2.1 for the size, 11.2.4
        for the end, which a cut file lacks.
    """
    content = path.read_bytes()
    has_start = content[:8] == b"\x89PNG\r\n\x1a\n" and content[12:16] == b"IHDR"
    if not has_start or content[-8:-4] != b"IEND":
        raise PictureError(
            "a picture of a page must be a whole PNG file",
            found=f"{len(content)} bytes that are no whole PNG file",
            where=str(path),
            next_step="draw it again: `dvc repro --force explain`",
        )
    width_px, height_px = struct.unpack(">II", content[16:24])
    return Picture(data_uri("image/png", content), width_px, height_px)


def inline_jpeg(path: Path) -> Picture:
    """Read a JPEG file into a `data:` address.

    Raises:
        PictureError: The file is not a whole JPEG file.
    """
    uri = data_uri("image/jpeg", whole_jpeg(path))
    with opened_picture(path, "JPEG") as image:
        width_px, height_px = image.size
    return Picture(uri, width_px, height_px)


def whole_jpeg(path: Path) -> bytes:
    """Read a JPEG file; a browser would show half of a cut one without a word.

    Raises:
        PictureError: The file does not begin and end as a JPEG file.

    Source:
        ITU-T T.81, B.1.1.3: the markers SOI and EOI.
    """
    content = path.read_bytes()
    if content[:2] != b"\xff\xd8" or content[-2:] != b"\xff\xd9":
        raise damaged_picture(path, f"{len(content)} bytes that are no whole JPEG file")
    return content


@contextmanager
def opened_picture(path: Path, kind: str) -> "Iterator[Image.Image]":
    """Open a picture of a kind that Pillow names; an error of its decoder names the file.

    Raises:
        PictureError: The file is damaged, or of another kind.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=(kind,)) as image:
            yield image
    except OSError as error:
        if error.errno is not None:  # no such file, or no right to read it
            raise
        raise damaged_picture(path, str(error)) from error


def damaged_picture(path: Path, found: str) -> PictureError:
    """The error of a file with pictures that an earlier stage wrote and that cannot be shown."""
    return PictureError(
        "pictures and heat maps of a page must be whole",
        found=found,
        where=str(path),
        next_step="delete it and run `dvc repro`, which writes it again",
    )


def data_uri(media_type: str, content: bytes) -> str:
    """Encode the bytes of a file as a `data:` address (RFC 2397).

    Example:
        >>> data_uri("image/png", b"abc")
        'data:image/png;base64,YWJj'
    """
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
