"""Make the square that the networks see from the bytes of one film file."""

import math
from dataclasses import dataclass, replace

from PIL import Image

from tasks.core.film.decode import Box, Film, decode_reduced, open_film
from tasks.core.film.found_region import FULL_FRAME, FoundRegion
from tasks.core.film.geometry import needed_scale, pad_to_square, scale_part
from tasks.core.film.grey import eight_bits
from tasks.core.film.intensity import adjust_intensity
from tasks.core.film.region import SEARCH_PX, find_region
from tasks.core.film.sharpness import laplacian_variance
from tasks.core.image_store.store import Pixels
from tasks.core.params import ResizeParams

# Most regions cover at least this share of each side. The first decode has enough detail for such
# a region, so a second decode is rarely needed.
REGION_SHARE = 0.6

PixelBox = tuple[int, int, int, int]  # left, top, right, bottom; px


@dataclass(frozen=True, eq=False)
class Square:
    """A film as the networks see it.

    image: (size_px, size_px) uint8 in [0, 255].
    box: left, top, right, bottom of the region in px of the whole film, upright. `crop` shows the
        middle square of the region; `letterbox` shows all of it, with padding.
    confidence: of the region, 0 to 1; 0 if it was not found and the box is the whole film.
    share: share of the film's area that lies in the box, 0 to 1.
    sharpness: variance of the Laplacian of the image without padding, grey levels squared.
    sharpness_before: the same, if `common_resolution_px` were null.
    """

    image: Pixels
    box: PixelBox
    confidence: float
    share: float
    sharpness: float
    sharpness_before: float


@dataclass(frozen=True, eq=False)
class DecodedFilm:
    """A film decoded at a reduced scale, and how its pixels map to the whole film.

    grey: mode L, or I;16 for a film of more than 8 bits; upright.
    width, height: size of the whole film, upright, px.
    scale: px of `grey` per px of the whole film, across and along.
    origin: position of the film's corner in `grey`, px. A decoder rounds sides up: 1281 px become
        161 px at 1/8, and the film fills an eighth of the last one. Without the origin the
        picture would shift by up to a pixel.
    """

    grey: Image.Image
    width: int
    height: int
    scale: tuple[float, float] = (1.0, 1.0)
    origin: tuple[float, float] = (0.0, 0.0)

    def part(self, box: Box) -> Box:
        """Convert a box from px of the whole film to px of `grey`."""
        (across, along), (x, y) = self.scale, self.origin
        right = min(x + box[2] * across, self.grey.width)  # rounding can exceed the width
        bottom = min(y + box[3] * along, self.grey.height)
        return x + box[0] * across, y + box[1] * along, right, bottom

    def whole(self) -> Box:
        """The whole film in px of `grey`."""
        return self.part((0, 0, self.width, self.height))


def square_of_film(data: bytes, params: ResizeParams) -> Square:
    """Make the square that the networks see. Training and screening both call this function.

    Steps: decode, find the region, reduce to the common resolution, scale to a square, adjust the
    grey levels, add padding. A film of more than 8 bits keeps 16 until its grey levels are
    adjusted.

    Args:
        data: Bytes of an image file.
        params: Section `resize` of params.yaml.

    Raises:
        FilmError: The bytes are not a complete image file.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> Image.new("L", (400, 300), 90).save(file, "PNG")
        >>> params = ResizeParams(size_px=64, geometry="stretch", intensity="none",
        ...                       region="none", common_resolution_px=None)
        >>> square = square_of_film(file.getvalue(), params)
        >>> square.image.shape, square.box
        ((64, 64), (0, 0, 400, 300))
    """
    film = open_film(data)
    share = 1.0 if params.region == "none" else REGION_SHARE
    shown = (film.width * share, film.height * share)
    at_least_px = _decode_px(shown, min(film.width, film.height), params)
    decoded = _decode(film, max(at_least_px, SEARCH_PX[params.region]))
    found = _find_region(decoded, params)
    box = _in_pixels(found, decoded)
    shown = (box[2] - box[0], box[3] - box[1])
    at_least_px = _decode_px(shown, min(decoded.width, decoded.height), params)
    if min(decoded.grey.size) < at_least_px:
        decoded = _decode(open_film(data), at_least_px)
    return _square_of_part(decoded, box, found.confidence, params)


def decode_film(data: bytes, at_least_px: int) -> DecodedFilm:
    """Decode a film to mode L with at least this many px on its shorter side, if it has them.

    Raises:
        FilmError: The bytes are not a complete image file.
    """
    decoded = _decode(open_film(data), at_least_px)
    return replace(decoded, grey=eight_bits(decoded.grey))


def _square_of_part(
    decoded: DecodedFilm, box: PixelBox, confidence: float, params: ResizeParams
) -> Square:
    """Make the square from a box of a decoded film, and measure it."""
    reduced = decoded
    if params.common_resolution_px is not None:
        reduced = _at_common_resolution(decoded, params.common_resolution_px)
    image = _unpadded(reduced, box, params)
    sharpness = laplacian_variance(image)
    before = sharpness
    if reduced is not decoded:
        before = laplacian_variance(_unpadded(decoded, box, params))
    area = (box[2] - box[0]) * (box[3] - box[1])
    return Square(
        image=pad_to_square(image, params.size_px),
        box=box,
        confidence=round(confidence, 4),
        share=area / (decoded.width * decoded.height),
        sharpness=sharpness,
        sharpness_before=before,
    )


def _decode_px(shown: tuple[float, float], shorter_px: int, params: ResizeParams) -> int:
    """Length to which the shorter side of a film must be decoded to show a part of it.

    A JPEG is decoded at the smallest scale that has the detail of the final image. Against
    Lanczos on a full decode the mean difference on Kermany's originals is 0.34 grey levels at
    64 px and 0.44 at 128 px (`python -m tests.benchmarks.resize`).

    Args:
        shown: Width and height of the part, px of the whole film.
        shorter_px: Shorter side of the whole film.
        params: Section `resize`.
    """
    # a common resolution does not lower it: sharpness is measured without it, too
    scale = needed_scale(*shown, params.size_px, params.geometry)
    needed = max(scale * shorter_px, params.common_resolution_px or 0)
    # the small number stops a rounding error from asking for one more pixel
    return min(shorter_px, math.ceil(needed - 1e-6))


def _decode(film: Film, at_least_px: int) -> DecodedFilm:
    reduced = decode_reduced(film, at_least_px)
    (left, top, right, bottom), scale = reduced.box, reduced.scale
    width, height = round((right - left) / scale), round((bottom - top) / scale)
    return DecodedFilm(reduced.image, width, height, (scale, scale), (left, top))


def _find_region(decoded: DecodedFilm, params: ResizeParams) -> FoundRegion:
    if params.region == "none":
        return FoundRegion(FULL_FRAME, 1.0)
    return find_region(eight_bits(decoded.grey), decoded.whole(), params.region)


def _in_pixels(found: FoundRegion, decoded: DecodedFilm) -> PixelBox:
    left, right = (round(share * decoded.width) for share in found.box[::2])
    top, bottom = (round(share * decoded.height) for share in found.box[1::2])
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _unpadded(decoded: DecodedFilm, box: PixelBox, params: ResizeParams) -> Pixels:
    image = scale_part(decoded.grey, decoded.part(box), params.size_px, params.geometry)
    return adjust_intensity(image, params.intensity)


def _at_common_resolution(decoded: DecodedFilm, common_px: int) -> DecodedFilm:
    """Reduce a film to `common_px` along its shorter side; a smaller film stays as it is.

    Without this step larger films are sharper after scaling. The whole film is reduced, not the
    region, so that a pixel covers the same length for every region.
    """
    shorter = min(decoded.width, decoded.height)
    if shorter <= common_px:
        return decoded
    width = round(decoded.width * common_px / shorter)
    height = round(decoded.height * common_px / shorter)
    grey = decoded.grey.resize((width, height), Image.Resampling.LANCZOS, box=decoded.whole())
    scale = (width / decoded.width, height / decoded.height)
    return DecodedFilm(grey, decoded.width, decoded.height, scale)
