"""Films with their boxes beside the squares, on one picture."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tasks.resize.picture import (
    CELL_PX,
    COLUMNS,
    GAP_PX,
    HEADING_PX,
    LINE_PX,
    PAIR_PX,
    Shown,
    choose_films,
    draw_picture,
)
from tests.films import encode

PAPER = (48, 54, 59)
FILM = encode(Image.new("L", (384, 192), 90), "PNG")  # twice the px that it is shown with


def shown(confidence: float = 0.8) -> Shown:
    square = np.zeros((2, 2), dtype=np.uint8)
    square[0, 1] = 200
    return Shown(FILM, "NORMAL", square, (80, 40, 320, 160), confidence)


def film_of(picture: Image.Image, number: int) -> np.ndarray:
    left, top = GAP_PX + number % COLUMNS * PAIR_PX, number // COLUMNS * LINE_PX + HEADING_PX
    return np.asarray(picture)[top : top + CELL_PX, left : left + CELL_PX].astype(int)


def test_boxes_lie_where_they_belong() -> None:
    picture = draw_picture([shown()] * 4, "lungs")
    assert picture.size == (COLUMNS * PAIR_PX, 2 * LINE_PX)
    film = film_of(picture, 3)  # the fourth opens the second line
    red = film[..., 0] - film[..., 1] > 100
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    assert (columns[0], columns[-1] + 1) == (40, 160)
    assert (rows[0], rows[-1] + 1) == (20, 80)
    assert (film[CELL_PX // 2 :] == PAPER).all()  # the film is half as high as wide
    assert (film_of(picture, 4) == PAPER).all()


def test_a_box_that_was_not_found_has_another_colour() -> None:
    found, missing = (
        film_of(draw_picture([shown(confidence)], "lungs"), 0)[20, 100] for confidence in (1.0, 0.0)
    )
    assert found.tolist() == [255, 48, 48]
    assert missing.tolist() == [255, 208, 0]


def test_without_a_region_no_box_is_drawn() -> None:
    film = film_of(draw_picture([shown()], "none"), 0)
    assert (film[: CELL_PX // 2] == 90).all()


def test_the_square_stands_beside_its_film_with_its_own_pixels() -> None:
    left = 2 * GAP_PX + CELL_PX
    square = np.asarray(draw_picture([shown()], "none"))[HEADING_PX:, left : left + CELL_PX, 0]
    half = CELL_PX // 2
    assert (square[:half, :half] == 0).all()
    assert (square[:half, half:] == 200).all()


@pytest.mark.parametrize(("n_classes", "n_of_class"), [(1, 12), (2, 6), (5, 2), (20, 1)])
def test_films_are_chosen_evenly_by_their_ids(n_classes: int, n_of_class: int) -> None:
    table = pd.DataFrame(
        [
            (f"{number:02d}-{label:02d}", f"class {label:02d}")
            for number in range(15)
            for label in range(n_classes)
        ],
        columns=["image_id", "label"],
    )
    chosen = choose_films(table.sample(frac=1, random_state=1))
    assert chosen["image_id"].tolist() == [
        f"{number:02d}-{label:02d}"
        for label in range(min(n_classes, 12))
        for number in range(n_of_class)
    ]


def test_a_small_class_leaves_its_places_empty() -> None:
    table = pd.DataFrame({"image_id": list("abcdefghij"), "label": ["A"] * 9 + ["B"]})
    assert choose_films(table)["image_id"].tolist() == [*"abcdef", "j"]
