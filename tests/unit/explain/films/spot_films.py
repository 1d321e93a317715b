"""Films with a dark border, two dark lungs and one bright spot, as files of several kinds."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.params import ResizeParams
from tests.dicoms import dicom
from tests.films import encode

WIDTH, HEIGHT = 640, 480
SPOT = (0.62, 0.55)  # shares of width and height, between the lungs
SPOT_PX = 12  # half of its side
KINDS = ("JPEG", "turned JPEG", "16-bit DICOM")


def spot_film(kind: str) -> bytes:
    """The same film as a file of the given kind."""
    grey = _pixels()
    if kind == "JPEG":
        return encode(grey, "JPEG", quality=95)
    if kind == "16-bit DICOM":
        return dicom(grey.astype(np.uint16) * 16, BitsStored=12)
    exif = Image.Exif()
    exif[0x0112] = 6  # the stored picture is to be turned by 90 degrees clockwise
    return encode(np.rot90(grey), "JPEG", quality=95, exif=exif)


def _pixels() -> NDArray[np.uint8]:
    y, x = np.mgrid[:HEIGHT, :WIDTH] / np.array([HEIGHT, WIDTH])[:, None, None]
    grey = np.full((HEIGHT, WIDTH), 150, dtype=np.uint8)
    for middle in (0.36, 0.72):
        grey[((x - middle) / 0.11) ** 2 + ((y - 0.52) / 0.32) ** 2 < 1] = 50
    grey[(x < 0.1) | (x > 0.95) | (y < 0.08) | (y > 0.97)] = 0
    column, row = round(SPOT[0] * WIDTH), round(SPOT[1] * HEIGHT)
    grey[row - SPOT_PX : row + SPOT_PX, column - SPOT_PX : column + SPOT_PX] = 255
    return grey


def place_of_spot(image: NDArray[np.uint8] | bytes) -> tuple[float, float]:
    """Middle of the bright spot of a picture, shares of its width and height."""
    if isinstance(image, bytes):
        with Image.open(io.BytesIO(image)) as picture:
            image = np.asarray(picture)
    rows, columns = np.nonzero(image > 205)
    return (columns.mean() + 0.5) / image.shape[1], (rows.mean() + 0.5) / image.shape[0]


def resize_params(geometry: str, region: str, size_px: int = 64) -> ResizeParams:
    values = {"size_px": size_px, "geometry": geometry, "region": region}
    return ResizeParams.model_validate(values | {"intensity": "none", "common_resolution_px": None})
