"""One film: from the bytes of a file to the square that the models see, and the part it shows."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.decode import Film, decode_reduced, open_film
from tasks.core.film.found import Found
from tasks.core.film.geometry import Box, draw, needed_scale, pad
from tasks.core.film.intensity import adjust
from tasks.core.film.region import LOOK_PX, find_region
from tasks.core.film.sharpness import laplacian_variance
from tasks.core.params import ResizeParams

# Share of a film that a region most often shows at least: decoded for that, the film is rarely
# decoded again for the region's sake
REGION_SHARE = 0.6

PixelBox = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A film as the models see it.

    image: (size_px, size_px) uint8 in [0, 255].
    box: left, top, right, bottom of the region in px of the whole film, upright. `crop` shows the
        middle square of it, `letterbox` all of it with padding.
    confidence: Of the region, 0 to 1; 0 where it was not found and the box is the whole film.
    share: Of the film's area that lies in the box, 0 to 1.
    sharpness: Variance of the Laplacian of the image, less its padding; grey levels squared.
    sharpness_before: The same without `common_resolution_px`.
    """

    image: NDArray[np.uint8]
    box: PixelBox
    confidence: float
    share: float
    sharpness: float
    sharpness_before: float


@dataclass(frozen=True, eq=False)
class Decoded:
    """A film decoded at a reduced scale.

    grey: Mode L, upright.
    width, height: Of the whole film, upright, px.
    scale: Across and along: px of `grey` per px of the whole film.
    origin: Where the film begins in `grey`, px. A decoder rounds sides up: of 1281 px it makes
        161 at 1/8, the last one an eighth full. Taken as whole, it would shift the picture by up
        to a pixel.
    """

    grey: Image.Image
    width: int
    height: int
    scale: tuple[float, float] = (1.0, 1.0)
    origin: tuple[float, float] = (0.0, 0.0)

    def part(self, box: Box) -> Box:
        """A box of the whole film in px of `grey`."""
        (across, along), (x, y) = self.scale, self.origin
        right = min(x + box[2] * across, self.grey.width)  # but for the last digit
        bottom = min(y + box[3] * along, self.grey.height)
        return x + box[0] * across, y + box[1] * along, right, bottom

    def whole(self) -> Box:
        """The whole film in px of `grey`."""
        return self.part((0, 0, self.width, self.height))


def fit_film(data: bytes, params: ResizeParams) -> Fitted:
    """Decode one film, choose the part to show, scale it to a square and adjust its grey levels.

    In this order: region, common resolution, geometry, intensity, padding.

    Args:
        data: Bytes of an image file.
        params: Section `resize`.

    Raises:
        FilmError: The bytes are no whole image.
    """
    film = open_film(data)
    share = 1.0 if params.region == "none" else REGION_SHARE
    shown = (film.width * share, film.height * share)
    at_least_px = _decode_px(shown, min(film.width, film.height), params)
    decoded = _decode(film, max(at_least_px, LOOK_PX[params.region]))
    found = find_region(decoded.grey, decoded.whole(), params.region)
    box = _in_pixels(found, decoded)
    shown = (box[2] - box[0], box[3] - box[1])
    at_least_px = _decode_px(shown, min(decoded.width, decoded.height), params)
    if min(decoded.grey.size) < at_least_px:
        decoded = decode_film(data, at_least_px)
    even = decoded
    if params.common_resolution_px is not None:
        even = _brought_down(decoded, params.common_resolution_px)
    image = _drawn(even, box, params)
    sharpness = laplacian_variance(image)
    before = sharpness if even is decoded else laplacian_variance(_drawn(decoded, box, params))
    share = shown[0] * shown[1] / (decoded.width * decoded.height)
    image = pad(image, params.size_px)
    return Fitted(image, box, round(found.confidence, 4), share, sharpness, before)


def decode_film(data: bytes, at_least_px: int) -> Decoded:
    """Decode a film to a picture whose shorter side has at least so many px, if the film has.

    Raises:
        FilmError: The bytes are no whole image.
    """
    return _decode(open_film(data), at_least_px)


def _decode_px(shown: tuple[float, float], shorter_px: int, params: ResizeParams) -> int:
    """Shorter side to which a film must be decoded at least for a part of it to be shown.

    A JPEG is decoded at the smallest scale that has the detail of the final image: 0.34 and 0.44
    grey levels from Lanczos on a full decode, the mean of Kermany's originals at 64 and at 128 px
    (`python -m tests.benchmarks.resize`).

    Args:
        shown: Width and height of the part, px of the whole film.
        shorter_px: Shorter side of the whole film.
        params: Section `resize`.
    """
    # also below a common resolution: the sharpness without it is measured, too
    scale = needed_scale(*shown, params.size_px, params.geometry)
    needed = max(scale * shorter_px, params.common_resolution_px or 0)
    # less a hair: rounding in the last digit must not ask for a pixel more
    return min(shorter_px, math.ceil(needed - 1e-6))


def _decode(film: Film, at_least_px: int) -> Decoded:
    reduced = decode_reduced(film, at_least_px)
    (left, top, right, bottom), scale = reduced.box, reduced.scale
    width, height = round((right - left) / scale), round((bottom - top) / scale)
    return Decoded(reduced.image, width, height, (scale, scale), (left, top))


def _in_pixels(found: Found, decoded: Decoded) -> PixelBox:
    left, right = (round(share * decoded.width) for share in found.box[::2])
    top, bottom = (round(share * decoded.height) for share in found.box[1::2])
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _drawn(decoded: Decoded, box: PixelBox, params: ResizeParams) -> NDArray[np.uint8]:
    image = draw(decoded.grey, decoded.part(box), params.size_px, params.geometry)
    return adjust(image, params.intensity)


def _brought_down(decoded: Decoded, common_px: int) -> Decoded:
    """The film at `common_px` along its shorter side; one that is smaller stays as it is.

    Larger films end sharper after scaling. The whole film counts, not the region: what one pixel
    covers must not depend on the region found.
    """
    shorter = min(decoded.width, decoded.height)
    if shorter <= common_px:
        return decoded
    width = round(decoded.width * common_px / shorter)
    height = round(decoded.height * common_px / shorter)
    grey = decoded.grey.resize((width, height), Image.Resampling.LANCZOS, box=decoded.whole())
    scale = (width / decoded.width, height / decoded.height)
    return Decoded(grey, decoded.width, decoded.height, scale)
