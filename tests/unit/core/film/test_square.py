"""One film becomes one square, close to the square of a full decode."""

import io
import itertools
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.decode import decode_grey, open_film
from tasks.core.film.errors import FilmError
from tasks.core.film.sharpness import laplacian_variance
from tasks.core.film.square import decode_film, square_of_film
from tasks.core.image_store.store import Pixels
from tasks.core.params import ResizeParams
from tests.films import encode, film_pixels, jpeg, pack, png

MAX_DIFFERENCE = 0.6  # mean absolute difference from Lanczos on a full decode, grey levels
GEOMETRIES = ("stretch", "letterbox", "crop")
INTENSITIES = ("none", "percentile", "clahe")
REGIONS = ("none", "border", "lungs")


def params(size_px: int = 32, **changes: Any) -> ResizeParams:
    values = {
        "size_px": size_px,
        "geometry": "stretch",
        "intensity": "none",
        "region": "none",
        "common_resolution_px": None,
    }
    return ResizeParams.model_validate(values | changes)


def lanczos_of_full_decode(data: bytes, size_px: int) -> Pixels:
    grey = decode_grey(open_film(data))
    return np.asarray(grey.resize((size_px, size_px), Image.Resampling.LANCZOS))


def difference(data: bytes, size_px: int) -> float:
    image = square_of_film(data, params(size_px)).image.astype(int)
    return float(np.abs(image - lanczos_of_full_decode(data, size_px)).mean())


@pytest.mark.parametrize("size_px", [64, 128])
def test_real_originals_stay_within_the_quality_limit(size_px: int) -> None:
    films = sorted(pack("kermany-original").rglob("*.jpeg"))[::4]
    differences = [difference(film.read_bytes(), size_px) for film in films]
    assert len(differences) >= 30
    assert np.mean(differences) <= MAX_DIFFERENCE
    assert max(differences) <= 2 * MAX_DIFFERENCE


@pytest.mark.parametrize("size", [(1281, 1201), (1100, 521), (641, 643), (300, 260), (777, 1033)])
def test_sides_that_the_decoder_rounds_do_not_shift_the_film(size: tuple[int, int]) -> None:
    assert difference(jpeg(7, *size), 64) <= MAX_DIFFERENCE


def test_a_reduced_decode_knows_which_pixels_the_film_fills() -> None:
    decoded = decode_film(jpeg(7, 1281, 1201), 80)
    assert decoded.grey.size == (161, 151)  # 160.125 and 150.125, rounded up
    assert decoded.scale == (1 / 8, 1 / 8)
    assert decoded.whole() == (0, 0, 160.125, 150.125)


@pytest.mark.parametrize(
    "choice", list(itertools.product(GEOMETRIES, INTENSITIES, REGIONS, [None, 48]))
)
def test_every_combination_of_settings_gives_a_square_and_the_same_bytes_again(
    choice: tuple[Any, ...],
) -> None:
    geometry, intensity, region, common_px = choice
    chosen = params(
        40, geometry=geometry, intensity=intensity, region=region, common_resolution_px=common_px
    )
    data = jpeg(5, 400, 300)
    square = square_of_film(data, chosen)
    assert (square.image.shape, square.image.dtype) == ((40, 40), np.uint8)
    left, top, right, bottom = square.box
    assert 0 <= left < right <= 400
    assert 0 <= top < bottom <= 300
    assert 0 <= square.confidence <= 1
    again = square_of_film(data, chosen)
    assert (again.image.tobytes(), again.box) == (square.image.tobytes(), square.box)


def test_without_a_region_the_box_is_the_whole_film() -> None:
    square = square_of_film(jpeg(1, 1281, 601), params())
    assert (square.box, square.confidence) == ((0, 0, 1281, 601), 1.0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_film_and_its_box_are_turned_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.fromarray(film_pixels(2, 1001, 601)), "JPEG", quality=95, exif=exif)
    square = square_of_film(data, params())
    assert square.box == ((0, 0, 1001, 601) if orientation < 5 else (0, 0, 601, 1001))
    assert (
        np.abs(square.image.astype(int) - lanczos_of_full_decode(data, 32)).mean() <= MAX_DIFFERENCE
    )


def bordered_film() -> bytes:
    film = np.zeros((800, 1000), dtype=np.uint8)
    film[80:800, 100:900] = film_pixels(4, 800, 720)
    return encode(film, "PNG")


def test_a_border_is_cut_off_before_scaling() -> None:
    square = square_of_film(bordered_film(), params(region="border"))
    assert np.abs(np.subtract(square.box, (100, 80, 900, 800))).max() <= 4  # 1/256 of the side
    inner = square_of_film(encode(film_pixels(4, 800, 720), "PNG"), params()).image
    assert np.abs(square.image.astype(int) - inner).mean() <= 5


def test_a_region_is_as_sharp_as_from_a_full_decode() -> None:
    film = np.zeros((1600, 1600), dtype=np.uint8)
    film[400:1200, 400:1200] = film_pixels(6, 800, 800)
    data = encode(film, "JPEG", quality=95)
    square = square_of_film(data, params(128, region="border"))
    full = decode_grey(open_film(data))
    expected = full.resize((128, 128), Image.Resampling.LANCZOS, box=square.box)
    assert square.box != (0, 0, 1600, 1600)
    assert np.abs(square.image.astype(int) - np.asarray(expected)).mean() <= MAX_DIFFERENCE


def test_intensity_ignores_the_padding() -> None:
    data = encode(np.tile(np.arange(100, 180, dtype=np.uint8), (20, 1)), "PNG")
    image = square_of_film(data, params(40, geometry="letterbox", intensity="percentile")).image
    content = image[15:25]
    assert content.min() == 0
    assert content.max() == 255


def test_films_of_two_sizes_are_equally_sharp_at_a_common_resolution() -> None:
    scene = np.random.default_rng(1).integers(0, 255, (768, 768), dtype=np.uint8)
    large = Image.fromarray(scene).reduce(3).resize((768, 768), Image.Resampling.BICUBIC)
    small = large.resize((80, 80), Image.Resampling.LANCZOS)  # the same scene

    def detail(image: Image.Image, common_px: int | None) -> float:
        chosen = params(128, common_resolution_px=common_px)
        return float(
            np.diff(square_of_film(encode(image, "PNG"), chosen).image.astype(float)).std()
        )

    assert detail(large, None) / detail(small, None) > 1.5
    assert detail(large, 48) / detail(small, 48) == pytest.approx(1, abs=0.05)


def test_a_film_below_the_common_resolution_is_not_changed() -> None:
    data = png(1, 90, 80)
    expected = square_of_film(data, params(32)).image
    assert np.array_equal(square_of_film(data, params(32, common_resolution_px=80)).image, expected)
    assert not np.array_equal(
        square_of_film(data, params(32, common_resolution_px=40)).image, expected
    )


def test_the_common_resolution_applies_to_the_whole_film_not_to_the_region() -> None:
    film = decode_grey(open_film(bordered_film()))
    square = square_of_film(bordered_film(), params(64, region="border", common_resolution_px=100))
    small = film.resize((125, 100), Image.Resampling.LANCZOS)
    part = tuple(edge / 8 for edge in square.box)
    expected = small.resize((64, 64), Image.Resampling.LANCZOS, box=part)
    assert np.array_equal(square.image, np.asarray(expected))


def test_an_incomplete_file_is_a_film_error() -> None:
    with pytest.raises(FilmError):
        square_of_film(jpeg(1)[:1500], params(region="lungs"))


@pytest.mark.parametrize("region", ["none", "border"])
def test_sharpness_before_equals_the_sharpness_without_a_common_resolution(region: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (500, 600), dtype=np.uint8)
    data = encode(np.pad(noise, 50), "PNG")
    plain = square_of_film(data, params(64, region=region))
    even = square_of_film(data, params(64, region=region, common_resolution_px=40))
    assert plain.sharpness == plain.sharpness_before == laplacian_variance(plain.image)
    assert even.sharpness == laplacian_variance(even.image)
    assert even.sharpness_before == plain.sharpness
    assert even.sharpness < 0.5 * even.sharpness_before


def test_padding_does_not_count_as_sharpness() -> None:
    flat = encode(Image.new("L", (300, 200), 180), "PNG")
    square = square_of_film(flat, params(32, geometry="letterbox"))
    assert laplacian_variance(square.image) > 0
    assert square.sharpness == 0


def test_share_is_the_area_of_the_box_over_the_area_of_the_film() -> None:
    square = square_of_film(bordered_film(), params(64, region="border"))
    left, top, right, bottom = square.box
    with Image.open(io.BytesIO(bordered_film())) as film:
        area = film.width * film.height
    assert square.share == (right - left) * (bottom - top) / area < 0.9


def wide_film() -> bytes:
    """16 bits: 399 levels, and a bright line that stretches their range."""
    film = np.add.outer(np.arange(200), np.arange(200)).astype(np.uint16) + 1000
    film[:, 0] = 3000
    return encode(film, "PNG")


def test_16_bits_are_kept_until_the_grey_levels_are_adjusted() -> None:
    chosen = params(200, intensity="percentile")
    by_8_bits = encode(decode_grey(open_film(wide_film())), "PNG")
    assert len(np.unique(square_of_film(by_8_bits, chosen).image)) < 190
    image = square_of_film(wide_film(), chosen).image
    assert image.dtype == np.uint8
    assert len(np.unique(image)) > 230


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("region", REGIONS)
def test_the_square_of_a_16_bit_film_agrees_with_its_8_bit_pixels(
    geometry: str, region: str
) -> None:
    chosen = params(48, geometry=geometry, region=region, common_resolution_px=100)
    wide = square_of_film(wide_film(), chosen)
    narrow = square_of_film(encode(decode_grey(open_film(wide_film())), "PNG"), chosen)
    assert wide.box == narrow.box
    assert np.abs(wide.image.astype(int) - narrow.image).max() <= 1


@pytest.mark.parametrize("intensity", INTENSITIES)
def test_8_bits_in_16_have_the_square_of_the_8_bit_film(intensity: str) -> None:
    film = film_pixels(3, 300, 260)
    chosen = params(64, intensity=intensity)
    wide = square_of_film(encode(film.astype(np.uint16) * 257, "PNG"), chosen).image
    assert np.array_equal(wide, square_of_film(encode(film, "PNG"), chosen).image)


def test_a_film_is_drawn_in_8_bits() -> None:
    assert decode_film(wide_film(), 50).grey.mode == "L"
