"""One film becomes one square, as sharp and as right as from a full decode."""

import io
import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.decode import decode_grey, open_film
from tasks.core.film.errors import FilmError
from tasks.core.film.sharpness import laplacian_variance
from tasks.core.film.square import decode_film, fit_film
from tasks.core.params import ResizeParams
from tests.films import encode, film_pixels, jpeg, pack, png

QUALITY_BAR = 0.6  # mean absolute difference from Lanczos on a full decode, grey levels
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


def lanczos_of_full_decode(data: bytes, size_px: int) -> NDArray[np.uint8]:
    grey = decode_grey(open_film(data))
    return np.asarray(grey.resize((size_px, size_px), Image.Resampling.LANCZOS))


def difference(data: bytes, size_px: int) -> float:
    image = fit_film(data, params(size_px)).image.astype(int)
    return float(np.abs(image - lanczos_of_full_decode(data, size_px)).mean())


@pytest.mark.parametrize("size_px", [64, 128])
def test_real_originals_hold_the_quality_bar(size_px: int) -> None:
    films = sorted(pack("kermany-original").rglob("*.jpeg"))[::4]
    differences = [difference(film.read_bytes(), size_px) for film in films]
    assert len(differences) >= 30
    assert np.mean(differences) <= QUALITY_BAR
    assert max(differences) <= 2 * QUALITY_BAR


@pytest.mark.parametrize("size", [(1281, 1201), (1100, 521), (641, 643), (300, 260), (777, 1033)])
def test_sides_that_the_decoder_rounds_shift_nothing(size: tuple[int, int]) -> None:
    assert difference(jpeg(7, *size), 64) <= QUALITY_BAR


def test_a_reduced_decode_is_taken_for_what_it_covers() -> None:
    decoded = decode_film(jpeg(7, 1281, 1201), 80)
    assert decoded.grey.size == (161, 151)  # 160.125 and 150.125, rounded up
    assert decoded.scale == (1 / 8, 1 / 8)
    assert decoded.whole() == (0, 0, 160.125, 150.125)


@pytest.mark.parametrize(
    "choice", list(itertools.product(GEOMETRIES, INTENSITIES, REGIONS, [None, 48]))
)
def test_every_choice_gives_a_square_and_the_same_bytes_again(choice: tuple[Any, ...]) -> None:
    geometry, intensity, region, common_px = choice
    chosen = params(
        40, geometry=geometry, intensity=intensity, region=region, common_resolution_px=common_px
    )
    data = jpeg(5, 400, 300)
    fitted = fit_film(data, chosen)
    assert (fitted.image.shape, fitted.image.dtype) == ((40, 40), np.uint8)
    left, top, right, bottom = fitted.box
    assert 0 <= left < right <= 400
    assert 0 <= top < bottom <= 300
    assert 0 <= fitted.confidence <= 1
    again = fit_film(data, chosen)
    assert (again.image.tobytes(), again.box) == (fitted.image.tobytes(), fitted.box)


def test_the_whole_film_is_the_box_without_a_region() -> None:
    fitted = fit_film(jpeg(1, 1281, 601), params())
    assert (fitted.box, fitted.confidence) == ((0, 0, 1281, 601), 1.0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_film_is_turned_upright_and_so_is_its_box(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.fromarray(film_pixels(2, 1001, 601)), "JPEG", quality=95, exif=exif)
    fitted = fit_film(data, params())
    assert fitted.box == ((0, 0, 1001, 601) if orientation < 5 else (0, 0, 601, 1001))
    assert np.abs(fitted.image.astype(int) - lanczos_of_full_decode(data, 32)).mean() <= QUALITY_BAR


def bordered_film() -> bytes:
    film = np.zeros((800, 1000), dtype=np.uint8)
    film[80:800, 100:900] = film_pixels(4, 800, 720)
    return encode(film, "PNG")


def test_a_border_is_cut_off_before_scaling() -> None:
    fitted = fit_film(bordered_film(), params(region="border"))
    assert np.abs(np.subtract(fitted.box, (100, 80, 900, 800))).max() <= 4  # 1/256 of the side
    inner = fit_film(encode(film_pixels(4, 800, 720), "PNG"), params()).image
    assert np.abs(fitted.image.astype(int) - inner).mean() <= 5


def test_a_region_is_as_sharp_as_from_a_full_decode() -> None:
    film = np.zeros((1600, 1600), dtype=np.uint8)
    film[400:1200, 400:1200] = film_pixels(6, 800, 800)
    data = encode(film, "JPEG", quality=95)
    fitted = fit_film(data, params(128, region="border"))
    full = decode_grey(open_film(data))
    expected = full.resize((128, 128), Image.Resampling.LANCZOS, box=fitted.box)
    assert fitted.box != (0, 0, 1600, 1600)
    assert np.abs(fitted.image.astype(int) - np.asarray(expected)).mean() <= QUALITY_BAR


def test_intensity_looks_at_the_film_and_not_at_the_padding() -> None:
    data = encode(np.tile(np.arange(100, 180, dtype=np.uint8), (20, 1)), "PNG")
    image = fit_film(data, params(40, geometry="letterbox", intensity="percentile")).image
    content = image[15:25]
    assert content.min() == 0
    assert content.max() == 255


def test_a_common_resolution_makes_films_of_two_sizes_equally_sharp() -> None:
    scene = np.random.default_rng(1).integers(0, 255, (768, 768), dtype=np.uint8)
    large = Image.fromarray(scene).reduce(3).resize((768, 768), Image.Resampling.BICUBIC)
    small = large.resize((80, 80), Image.Resampling.LANCZOS)  # the same scene

    def detail(image: Image.Image, common_px: int | None) -> float:
        chosen = params(128, common_resolution_px=common_px)
        return float(np.diff(fit_film(encode(image, "PNG"), chosen).image.astype(float)).std())

    assert detail(large, None) / detail(small, None) > 1.5
    assert detail(large, 48) / detail(small, 48) == pytest.approx(1, abs=0.05)


def test_a_film_below_the_common_resolution_stays() -> None:
    data = png(1, 90, 80)
    expected = fit_film(data, params(32)).image
    assert np.array_equal(fit_film(data, params(32, common_resolution_px=80)).image, expected)
    assert not np.array_equal(fit_film(data, params(32, common_resolution_px=40)).image, expected)


def test_the_common_resolution_is_that_of_the_whole_film() -> None:
    film = decode_grey(open_film(bordered_film()))
    fitted = fit_film(bordered_film(), params(64, region="border", common_resolution_px=100))
    small = film.resize((125, 100), Image.Resampling.LANCZOS)
    part = tuple(edge / 8 for edge in fitted.box)
    expected = small.resize((64, 64), Image.Resampling.LANCZOS, box=part)
    assert np.array_equal(fitted.image, np.asarray(expected))


def test_bytes_of_no_film_are_a_film_error() -> None:
    with pytest.raises(FilmError):
        fit_film(jpeg(1)[:1500], params(region="lungs"))


@pytest.mark.parametrize("region", ["none", "border"])
def test_sharpness_before_is_that_of_the_image_without_a_common_resolution(region: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (500, 600), dtype=np.uint8)
    data = encode(np.pad(noise, 50), "PNG")
    plain = fit_film(data, params(64, region=region))
    even = fit_film(data, params(64, region=region, common_resolution_px=40))
    assert plain.sharpness == plain.sharpness_before == laplacian_variance(plain.image)
    assert even.sharpness == laplacian_variance(even.image)
    assert even.sharpness_before == plain.sharpness
    assert even.sharpness < 0.5 * even.sharpness_before


def test_padding_is_no_sharpness() -> None:
    flat = encode(Image.new("L", (300, 200), 180), "PNG")
    fitted = fit_film(flat, params(32, geometry="letterbox"))
    assert laplacian_variance(fitted.image) > 0
    assert fitted.sharpness == 0


def test_share_is_that_of_the_area_in_the_box() -> None:
    fitted = fit_film(bordered_film(), params(64, region="border"))
    left, top, right, bottom = fitted.box
    with Image.open(io.BytesIO(bordered_film())) as film:
        area = film.width * film.height
    assert fitted.share == (right - left) * (bottom - top) / area < 0.9
