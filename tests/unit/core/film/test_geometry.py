"""A part of a film is scaled to the square by each geometry, with anti-aliasing."""

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.geometry import needed_scale, pad_to_square, scale_part


def wide() -> Image.Image:
    """80 x 40 px: black, grey 100, grey 200 and white, each 20 px across."""
    return Image.fromarray(np.repeat(np.array([[0, 100, 200, 255]], np.uint8), 20, 1).repeat(40, 0))


FRAME = (0, 0, 80, 40)


def test_stretch_fills_the_square_with_the_part() -> None:
    image = scale_part(wide(), FRAME, 40, "stretch")
    assert image.shape == (40, 40)
    assert image[:, [4, 15, 25, 36]].tolist() == [[0, 100, 200, 255]] * 40


def test_letterbox_keeps_the_aspect_ratio_and_adds_equal_black_padding() -> None:
    image = scale_part(wide(), FRAME, 40, "letterbox")
    assert image.shape == (20, 40)
    square = pad_to_square(image, 40)
    assert square.shape == (40, 40)
    assert not square[:10].any()
    assert not square[30:].any()
    assert np.array_equal(square[10:30], image)
    assert image[0, [4, 15, 25, 36]].tolist() == [0, 100, 200, 255]


def test_letterbox_of_a_tall_part_adds_padding_at_the_sides() -> None:
    image = scale_part(wide().transpose(Image.Transpose.ROTATE_90), (0, 0, 40, 80), 40, "letterbox")
    assert image.shape == (40, 20)
    square = pad_to_square(image, 40)
    assert not square[:, :10].any()
    assert not square[:, 30:].any()


def test_crop_shows_the_middle_without_stretching() -> None:
    image = scale_part(wide(), FRAME, 40, "crop")  # columns 20 to 60: the two middle greys
    assert image.shape == (40, 40)
    assert image[:, [5, 15, 25, 35]].tolist() == [[100, 100, 200, 200]] * 40


@pytest.mark.parametrize("geometry", ["stretch", "letterbox", "crop"])
def test_pixels_outside_the_part_are_not_shown(geometry: str) -> None:
    part = (40, 0, 60, 20)
    image = scale_part(wide(), part, 16, geometry)  # type: ignore[arg-type]
    assert np.abs(image.astype(int) - 200).max() <= 3  # Lanczos mixes in neighbours at the edge


def test_letterbox_of_a_thin_part_has_at_least_one_line() -> None:
    assert scale_part(wide(), (0, 0, 80, 1), 16, "letterbox").shape == (1, 16)


def test_a_pattern_too_fine_for_the_result_becomes_even_grey() -> None:
    checks = np.indices((128, 128)).sum(axis=0) % 2 * 200
    image = scale_part(Image.fromarray(checks.astype(np.uint8)), (0, 0, 128, 128), 48, "stretch")
    assert np.abs(image[3:-3, 3:-3].astype(int) - 100).max() <= 3


@pytest.mark.parametrize(
    ("geometry", "scale"), [("stretch", 40 / 40), ("letterbox", 40 / 80), ("crop", 40 / 40)]
)
def test_needed_scale_by_hand(geometry: str, scale: float) -> None:
    assert needed_scale(80, 40, 40, geometry) == scale  # type: ignore[arg-type]
