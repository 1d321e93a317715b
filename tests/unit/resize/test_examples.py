"""The picture shows films with their boxes, beside the squares."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tasks.resize.examples import (
    FILM_SIDE_PX,
    LABEL_PX,
    LINE_PX,
    MARGIN_PX,
    PAIR_PX,
    PAIRS_PER_LINE,
    ExampleFilm,
    choose_examples,
    draw_examples,
)
from tests.films import encode

PAPER = (48, 54, 59)
FILM = encode(Image.new("L", (384, 192), 90), "PNG")  # drawn at half this size


def example(confidence: float = 0.8) -> ExampleFilm:
    square = np.zeros((2, 2), dtype=np.uint8)
    square[0, 1] = 200
    return ExampleFilm(
        film=FILM, label="NORMAL", square=square, box=(80, 40, 320, 160), confidence=confidence
    )


def film_of(picture: Image.Image, number: int) -> np.ndarray:
    left, top = (
        MARGIN_PX + number % PAIRS_PER_LINE * PAIR_PX,
        number // PAIRS_PER_LINE * LINE_PX + LABEL_PX,
    )
    return np.asarray(picture)[top : top + FILM_SIDE_PX, left : left + FILM_SIDE_PX].astype(int)


def test_the_box_is_drawn_around_the_region() -> None:
    picture = draw_examples([example()] * 4, "lungs")
    assert picture.size == (PAIRS_PER_LINE * PAIR_PX, 2 * LINE_PX)
    film = film_of(picture, 3)  # the fourth film is the first of the second line
    red = film[..., 0] - film[..., 1] > 100
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    assert (columns[0], columns[-1] + 1) == (40, 160)
    assert (rows[0], rows[-1] + 1) == (20, 80)
    assert (film[FILM_SIDE_PX // 2 :] == PAPER).all()  # the film is half as high as wide
    assert (film_of(picture, 4) == PAPER).all()


def test_the_box_is_red_if_found_and_yellow_if_not() -> None:
    found, missing = (
        film_of(draw_examples([example(confidence)], "lungs"), 0)[20, 100]
        for confidence in (1.0, 0.0)
    )
    assert found.tolist() == [255, 48, 48]
    assert missing.tolist() == [255, 208, 0]


def test_without_a_region_no_box_is_drawn() -> None:
    film = film_of(draw_examples([example()], "none"), 0)
    assert (film[: FILM_SIDE_PX // 2] == 90).all()


def test_the_square_is_beside_its_film_with_enlarged_pixels() -> None:
    left = 2 * MARGIN_PX + FILM_SIDE_PX
    square = np.asarray(draw_examples([example()], "none"))[
        LABEL_PX:, left : left + FILM_SIDE_PX, 0
    ]
    half = FILM_SIDE_PX // 2
    assert (square[:half, :half] == 0).all()
    assert (square[:half, half:] == 200).all()


@pytest.mark.parametrize(("n_classes", "n_of_class"), [(1, 12), (2, 6), (5, 2), (20, 1)])
def test_films_with_the_smallest_ids_of_each_class_are_chosen(
    n_classes: int, n_of_class: int
) -> None:
    table = pd.DataFrame(
        [
            (f"{number:02d}-{label:02d}", f"class {label:02d}")
            for number in range(15)
            for label in range(n_classes)
        ],
        columns=["image_id", "label"],
    )
    chosen = choose_examples(table.sample(frac=1, random_state=1))
    assert chosen["image_id"].tolist() == [
        f"{number:02d}-{label:02d}"
        for label in range(min(n_classes, 12))
        for number in range(n_of_class)
    ]


def test_a_small_class_is_not_replaced_by_others() -> None:
    table = pd.DataFrame({"image_id": list("abcdefghij"), "label": ["A"] * 9 + ["B"]})
    assert choose_examples(table)["image_id"].tolist() == [*"abcdef", "j"]
