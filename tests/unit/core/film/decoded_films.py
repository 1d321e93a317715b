"""What the tests of the decoder share: decode bytes, ask for the reason of a refusal."""

import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.decode import decode_grey, open_film
from tasks.core.film.errors import FilmError
from tasks.core.image_store.store import Pixels
from tests.films import film_pixels

GREY = film_pixels(1)


def decoded(data: bytes, at_least_px: int | None = None) -> Pixels:
    """Grey pixels of a file."""
    image = decode_grey(open_film(data), at_least_px)
    assert image.mode == "L"
    return np.asarray(image)


def error_of(data: bytes) -> FilmError:
    """The error of a file that is refused."""
    with pytest.raises(FilmError) as caught:
        decode_grey(open_film(data))
    return caught.value


def reason_of(data: bytes) -> str:
    """The reason code of a file that is refused."""
    return error_of(data).reason


def coloured() -> Image.Image:
    """A picture whose channels are three different films."""
    return Image.merge("RGB", [Image.fromarray(film_pixels(seed)) for seed in (1, 2, 3)])


def tiff_with_directory_first(pixels: NDArray[Any] = GREY) -> bytes:
    """A TIFF file with the directory before the pixels, in the byte order of the array."""
    order = ">" if pixels.dtype.byteorder == ">" else "<"
    height, width = pixels.shape
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, 8 * pixels.dtype.itemsize), (259, 3, 1),
        (262, 3, 1), (273, 4, 8 + 2 + 8 * 12 + 4), (278, 4, height), (279, 4, pixels.nbytes),
    ]  # fmt: skip
    directory = struct.pack(f"{order}H", len(entries))
    for tag, kind, value in entries:
        directory += struct.pack(f"{order}HHI", tag, kind, 1)
        directory += struct.pack(f"{order}I" if kind == 4 else f"{order}Hxx", value)
    magic = b"MM\0*" if order == ">" else b"II*\0"
    return magic + struct.pack(f"{order}I", 8) + directory + bytes(4) + pixels.tobytes()
