from pathlib import Path

import numpy as np

from tasks.core.average_film import average_film
from tasks.core.image_store.builder import write_store
from tasks.core.image_store.store import ImageStore


def test_mean_of_the_given_films_at_each_place(tmp_path: Path) -> None:
    films = np.zeros((3, 2, 2), dtype=np.uint8)
    films[:, 0, 0] = 0, 255, 9
    films[:, 1, 1] = 255, 255, 9
    write_store(tmp_path / "images", ["a", "b", "c"], 2, films)
    film = average_film(ImageStore(tmp_path / "images"), ["a", "b"])
    assert film.dtype == np.uint8
    assert film[..., 0].tolist() == [[128, 0], [0, 255]]  # 127.5 goes to the even level


def test_more_films_than_a_block_are_all_counted(tmp_path: Path) -> None:
    levels = np.repeat(np.array([[10]], dtype=np.uint8), 2000, axis=0)
    levels[1024:] = 210
    ids = [f"{n:04}" for n in range(2000)]
    write_store(tmp_path / "images", ids, 1, levels.reshape(2000, 1, 1))
    expected = round((1024 * 10 + 976 * 210) / 2000)
    assert average_film(ImageStore(tmp_path / "images"), ids).item() == expected
