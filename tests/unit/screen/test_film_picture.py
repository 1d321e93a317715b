import io

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.film_place import SquarePlace
from tasks.core.film.square import square_of_film
from tasks.screen.film_picture import DrawnFilm, draw_film, draw_heat, heat_limit
from tests.films import encode
from tests.unit.explain.films.spot_films import (
    KINDS,
    place_of_spot,
    resize_params,
    spot_film,
)

WHOLE = SquarePlace((0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0))


def colours_of(png: bytes) -> np.ndarray:
    """(H, W, 4) uint8: red, green, blue, opacity."""
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGBA"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("geometry", "region"), [("stretch", "none"), ("letterbox", "border"), ("crop", "lungs")]
)
def test_heat_of_the_square_lies_where_the_film_has_it(
    kind: str, geometry: str, region: str
) -> None:
    params = resize_params(geometry, region)
    square = square_of_film(spot_film(kind), params)
    drawn = draw_film(spot_film(kind), square.box, params)
    heat = (square.image > 205).astype(np.float32)
    opacity = colours_of(draw_heat(heat, 1.0, drawn))[..., 3].astype(float)
    rows, columns = np.indices(opacity.shape) + 0.5
    middle = (
        (columns * opacity).sum() / opacity.sum() / opacity.shape[1],
        (rows * opacity).sum() / opacity.sum() / opacity.shape[0],
    )
    assert middle == pytest.approx(place_of_spot(drawn.film), abs=0.01)


def test_sizes_follow_the_shorter_side_and_small_films_stay() -> None:
    params = resize_params("stretch", "none")
    for width, height, film, thumbnail in [
        (1280, 1024, (640, 512), (120, 96)),
        (200, 100, (200, 100), (192, 96)),
        (4000, 100, (1520, 38), (280, 7)),  # a strip: the longer side is bounded
    ]:
        drawn = draw_film(encode(np.full((height, width), 90, np.uint8), "PNG"), None, params)
        assert drawn.size == film
        with Image.open(io.BytesIO(drawn.film)) as large:
            assert (large.format, large.mode, large.size) == ("JPEG", "L", film)
        with Image.open(io.BytesIO(drawn.thumbnail)) as small:
            assert small.size == thumbnail


def test_no_metadata_leaves_with_the_picture() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe, born 2019"
    data = encode(np.full((90, 80), 120, np.uint8), "JPEG", exif=exif, comment=b"Jane Doe")
    drawn = draw_film(data, None, resize_params("stretch", "none"))
    assert b"Jane" in data
    assert b"Jane" not in drawn.film + drawn.thumbnail
    assert b"Exif" not in drawn.film


def test_colours_and_opacity_of_the_heat() -> None:
    drawn = DrawnFilm(b"", b"", (4, 1), WHOLE)
    heat = np.array([[2.0, -1.0, 0.0, np.nan]], np.float32)
    shown = colours_of(draw_heat(heat, 2.0, drawn))
    assert shown[0, :2].tolist() == [[213, 94, 0, 255], [0, 114, 178, 129]]  # 64 of 127 steps
    assert shown[0, 2:, 3].tolist() == [0, 0]
    assert colours_of(draw_heat(heat * 50, 2.0, drawn))[0, 0, 3] == 255
    assert not colours_of(draw_heat(heat, 0.0, drawn))[..., 3].any()


def test_one_limit_for_several_maps() -> None:
    maps = [np.array([[1.0, -3.5]], np.float32), np.array([[np.inf, 2.0]], np.float32)]
    assert heat_limit(maps) == 3.5
    assert heat_limit([]) == 0.0
