"""The contact sheet: the same films under each preset, the same picture on every run."""

import numpy as np
import pandas as pd

from tasks.train.augmentation.presets import PRESETS
from tasks.train.contact_sheet import (
    CELL_PX,
    GAP_PX,
    HEADING_PX,
    augment_films,
    choose_films,
    draw_sheet,
    sheet_rows,
)
from tests.cohorts import augment_params

FILMS = np.random.default_rng(0).integers(0, 256, (3, 32, 32), dtype=np.uint8)


def samples() -> pd.DataFrame:
    rows = [(f"{n:02d}", "NORMAL" if n % 4 == 0 else "PNEUMONIA", "train") for n in range(12)]
    rows += [("000", "NORMAL", "test"), ("001", "NORMAL", "val")]
    return pd.DataFrame(rows, columns=["image_id", "label", "split"])


def test_films_are_training_films_of_the_least_ids_the_classes_in_turn():
    expected = ["00", "01", "04", "02", "08", "03"]
    assert choose_films(samples()) == expected
    assert choose_films(samples().sample(frac=1, random_state=1)) == expected
    assert choose_films(samples(), 8) == [*expected, "05", "06"]  # three NORMAL films are all


def test_a_plain_preset_is_marked_and_another_choice_has_a_row_of_its_own():
    assert list(sheet_rows(augment_params("notebook"))) == [
        "none",
        "notebook (this run)",
        "radiograph",
    ]
    rows = sheet_rows(augment_params("notebook", zoom=0.2))
    assert list(rows) == [*PRESETS, "this run: notebook with other values"]
    assert rows["this run: notebook with other values"].zoom == 0.2


def test_sheet_shows_the_films_as_they_are_and_changed_ones_below():
    sheet = np.asarray(draw_sheet(FILMS, sheet_rows(augment_params("none")), seed=0))
    row_px = HEADING_PX + CELL_PX + GAP_PX
    assert sheet.shape == (3 * row_px, GAP_PX + 3 * (CELL_PX + GAP_PX))
    for place, film in enumerate(FILMS):
        left = GAP_PX + place * (CELL_PX + GAP_PX)
        cells = [
            sheet[line * row_px + HEADING_PX :][:CELL_PX, left : left + CELL_PX]
            for line in range(3)
        ]
        np.testing.assert_array_equal(cells[0], film.repeat(4, axis=0).repeat(4, axis=1))
        assert (cells[1] != cells[0]).any()
        assert (cells[2] != cells[0]).any()
        assert (sheet[:HEADING_PX] < 128).any()  # words stand above


def test_same_seed_same_sheet_and_another_seed_another():
    rows = sheet_rows(augment_params("radiograph"))
    first = draw_sheet(FILMS, rows, seed=1)
    assert draw_sheet(FILMS, rows, seed=1).tobytes() == first.tobytes()
    assert draw_sheet(FILMS, rows, seed=2).tobytes() != first.tobytes()


def test_films_are_those_that_training_would_see():
    np.testing.assert_array_equal(augment_films(FILMS, PRESETS["none"], 0), FILMS)
    changed = augment_films(FILMS, PRESETS["radiograph"], 0)
    assert (changed.shape, changed.dtype) == (FILMS.shape, np.uint8)
    assert (changed != FILMS).mean() > 0.5
