"""One test film, large enough to be read, with its lungs in the frame of the square."""

from dataclasses import dataclass

from tasks.core.film.film_jpeg import film_jpeg
from tasks.core.film.film_place import SquarePlace
from tasks.core.film.region import find_region
from tasks.core.film.square import PixelBox, decode_film
from tasks.core.film.square_place import place_in_square
from tasks.core.params import ResizeParams
from tasks.core.statistics.arrays import Bools
from tasks.explain.films.square_mask import square_mask
from tasks.explain.films.true_fields import TrueFields


@dataclass(frozen=True, eq=False)
class LargeFilm:
    """A film for the reader's eye.

    jpeg: bytes of the file, grey, without metadata.
    width, height: of the whole film, upright, px. shown: width and height of the JPEG, px.
    place: of the film in its square.
    lungs: (size_px, size_px) bool in the frame of the square; all False if they were not found.
    opacities: the same for the true opacities of a synthetic film; else None.
    lung_confidence: 0 to 1; 0 if the lungs were not found, 1 if they are true.
    """

    jpeg: bytes
    width: int
    height: int
    shown: tuple[int, int]
    place: SquarePlace
    lungs: Bools
    opacities: Bools | None
    lung_confidence: float


def draw_large_film(
    data: bytes, region: PixelBox, params: ResizeParams, film_px: int, truth: TrueFields | None
) -> LargeFilm:
    """Draw a film in its own aspect ratio, and find its lungs in the frame of the square.

    Args:
        data: Bytes of an image file.
        region: Region that `resize` found, px of the whole film.
        params: Section `resize`.
        film_px: Shorter side of the drawn film; a smaller film is not enlarged.
        truth: Lungs and opacities of a synthetic film; None to look for the lungs.

    Raises:
        FilmError: The bytes are not a complete image file.
    """
    decoded = decode_film(data, film_px)
    place = place_in_square(region, decoded.width, decoded.height, params)
    jpeg, shown = film_jpeg(decoded, film_px)
    opacities = None
    if truth is None:
        found = find_region(decoded.grey, decoded.whole(), "lungs")
        confidence = round(found.confidence, 4)
        lungs = square_mask(found.box, place, params.size_px) & (confidence > 0)
    else:
        confidence = 1.0
        lungs = truth.lungs(place, params.size_px)
        opacities = truth.opacities(place, params.size_px)
    return LargeFilm(
        jpeg=jpeg,
        width=decoded.width,
        height=decoded.height,
        shown=shown,
        place=place,
        lungs=lungs,
        opacities=opacities,
        lung_confidence=confidence,
    )
