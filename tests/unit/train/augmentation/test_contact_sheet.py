"""The contact sheet shows the same films under each preset, and is the same on each run."""

import numpy as np
import pandas as pd

from tasks.train.augmentation.contact_sheet import (
    _CELL_PX,
    _GAP_PX,
    _HEADING_PX,
    augment_films,
    choose_image_ids,
    draw_sheet,
    sheet_rows,
)
from tasks.train.transforms.presets import PRESETS, Augmentation
from tests.cohorts import augment_params

FILMS = np.random.default_rng(0).integers(0, 256, (3, 32, 32), dtype=np.uint8)


def samples() -> pd.DataFrame:
    rows = [(f"{n:02d}", "NORMAL" if n % 4 == 0 else "PNEUMONIA", "train") for n in range(12)]
    rows += [("000", "NORMAL", "test"), ("001", "NORMAL", "val")]
    return pd.DataFrame(rows, columns=["image_id", "label", "split"])


def test_films_are_training_films_with_the_smallest_ids_one_class_after_the_other():
    expected = ["00", "01", "04", "02", "08", "03"]
    assert choose_image_ids(samples()) == expected
    assert choose_image_ids(samples().sample(frac=1, random_state=1)) == expected
    assert choose_image_ids(samples(), 8) == [
        *expected,
        "05",
        "06",
    ]  # only 3 NORMAL films


def test_the_preset_of_the_run_is_marked_and_other_values_get_their_own_row():
    assert list(sheet_rows(augment_params("notebook"))) == [
        "none",
        "notebook (this run)",
        "radiograph",
        "wide_crops",
    ]
    rows = sheet_rows(augment_params("notebook", zoom=0.2))
    assert list(rows) == [*PRESETS, "this run: notebook with other values"]
    assert rows["this run: notebook with other values"].zoom == 0.2
    rows = sheet_rows(augment_params("none", mixstyle=0.1))  # of features, which are no picture
    assert list(rows) == ["none (this run)", "notebook", "radiograph", "wide_crops"]


def test_first_row_shows_the_films_unchanged_and_the_others_show_them_changed():
    sheet = np.asarray(draw_sheet(FILMS, sheet_rows(augment_params("none")), seed=0))
    row_px = _HEADING_PX + _CELL_PX + _GAP_PX
    assert sheet.shape == (len(PRESETS) * row_px, _GAP_PX + 3 * (_CELL_PX + _GAP_PX))
    for place, film in enumerate(FILMS):
        left = _GAP_PX + place * (_CELL_PX + _GAP_PX)
        cells = [
            sheet[line * row_px + _HEADING_PX :][:_CELL_PX, left : left + _CELL_PX]
            for line in range(len(PRESETS))
        ]
        np.testing.assert_array_equal(cells[0], film.repeat(4, axis=0).repeat(4, axis=1))
        assert all((cell != cells[0]).any() for cell in cells[1:])
        assert (sheet[:_HEADING_PX] < 128).any()  # the heading above


def test_the_seed_decides_the_sheet():
    rows = sheet_rows(augment_params("radiograph"))
    first = draw_sheet(FILMS, rows, seed=1)
    assert draw_sheet(FILMS, rows, seed=1).tobytes() == first.tobytes()
    assert draw_sheet(FILMS, rows, seed=2).tobytes() != first.tobytes()


def test_films_are_transformed_as_in_training():
    np.testing.assert_array_equal(augment_films(FILMS, PRESETS["none"], 0), FILMS)
    changed = augment_films(FILMS, PRESETS["radiograph"], 0)
    assert (changed.shape, changed.dtype) == (FILMS.shape, np.uint8)
    assert (changed != FILMS).mean() > 0.5


def test_grey_levels_and_spectra_of_other_films_are_shown():
    lent = augment_films(FILMS, Augmentation(histogram_match=1.0), 0)
    levels = [np.sort(film, axis=None).tolist() for film in FILMS]
    for number, film in enumerate(lent):
        assert np.sort(film, axis=None).tolist() in levels[:number] + levels[number + 1 :]
    assert (augment_films(FILMS, Augmentation(amplitude_mix=1.0), 0) != FILMS).mean() > 0.5
