"""A part of a film fills the square as `resize.geometry` says, anti-aliased."""

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.geometry import draw, needed_scale, pad


def wide() -> Image.Image:
    """80 x 40 px: black, grey 100, grey 200 and white, each 20 px across."""
    return Image.fromarray(np.repeat(np.array([[0, 100, 200, 255]], np.uint8), 20, 1).repeat(40, 0))


FRAME = (0, 0, 80, 40)


def test_stretch_fills_the_square_with_the_whole_part() -> None:
    image = draw(wide(), FRAME, 40, "stretch")
    assert image.shape == (40, 40)
    assert image[:, [4, 15, 25, 36]].tolist() == [[0, 100, 200, 255]] * 40


def test_letterbox_keeps_the_aspect_ratio_and_pads_with_black_evenly() -> None:
    image = draw(wide(), FRAME, 40, "letterbox")
    assert image.shape == (20, 40)
    square = pad(image, 40)
    assert square.shape == (40, 40)
    assert not square[:10].any()
    assert not square[30:].any()
    assert np.array_equal(square[10:30], image)
    assert image[0, [4, 15, 25, 36]].tolist() == [0, 100, 200, 255]


def test_letterbox_of_a_high_part_pads_at_the_sides() -> None:
    image = draw(wide().transpose(Image.Transpose.ROTATE_90), (0, 0, 40, 80), 40, "letterbox")
    assert image.shape == (40, 20)
    square = pad(image, 40)
    assert not square[:, :10].any()
    assert not square[:, 30:].any()


def test_crop_shows_the_middle_unstretched() -> None:
    image = draw(wide(), FRAME, 40, "crop")  # columns 20 to 60: the two middle greys
    assert image.shape == (40, 40)
    assert image[:, [5, 15, 25, 35]].tolist() == [[100, 100, 200, 200]] * 40


@pytest.mark.parametrize("geometry", ["stretch", "letterbox", "crop"])
def test_only_the_part_is_shown(geometry: str) -> None:
    part = (40, 0, 60, 20)
    image = draw(wide(), part, 16, geometry)  # type: ignore[arg-type]
    assert np.abs(image.astype(int) - 200).max() <= 3  # neighbours weigh in at the rim


def test_a_thin_part_keeps_one_line_in_the_letterbox() -> None:
    assert draw(wide(), (0, 0, 80, 1), 16, "letterbox").shape == (1, 16)


def test_what_is_too_fine_for_the_result_becomes_grey_not_a_pattern() -> None:
    checks = np.indices((128, 128)).sum(axis=0) % 2 * 200
    image = draw(Image.fromarray(checks.astype(np.uint8)), (0, 0, 128, 128), 48, "stretch")
    assert np.abs(image[3:-3, 3:-3].astype(int) - 100).max() <= 3


@pytest.mark.parametrize(
    ("geometry", "scale"), [("stretch", 40 / 40), ("letterbox", 40 / 80), ("crop", 40 / 40)]
)
def test_needed_scale_by_hand(geometry: str, scale: float) -> None:
    assert needed_scale(80, 40, 40, geometry) == scale  # type: ignore[arg-type]
