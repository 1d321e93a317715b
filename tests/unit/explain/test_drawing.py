from pathlib import Path

import numpy as np
from PIL import Image

from tasks.explain.drawing import draw_input, save_png


def test_film_is_enlarged_without_new_grey_values() -> None:
    film = np.array([[0, 50], [100, 255]], dtype=np.uint8)
    picture = np.asarray(draw_input(film))
    assert picture.shape == (256, 256)
    assert np.unique(picture).tolist() == [0, 50, 100, 255]


def test_large_films_are_averaged_down() -> None:
    film = np.tile(np.array([[0, 100], [100, 200]], dtype=np.uint8), (200, 200))
    picture = np.asarray(draw_input(film))
    assert picture.shape == (200, 200)
    assert np.unique(picture).tolist() == [100]


def test_png_contains_its_pixels_and_no_metadata(tmp_path: Path) -> None:
    picture = Image.fromarray(np.arange(32, dtype=np.uint8).reshape(4, 8))
    picture.info["comment"] = "a name"
    save_png(picture, tmp_path / "film.png")
    with Image.open(tmp_path / "film.png") as read:
        np.testing.assert_array_equal(np.asarray(read), np.asarray(picture))
        assert read.info == {}
