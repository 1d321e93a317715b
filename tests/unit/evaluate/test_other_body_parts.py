import numpy as np
import pytest

from tasks.evaluate.other_body_parts import BODY_PARTS, draw_body_part


@pytest.mark.parametrize("part", BODY_PARTS)
def test_a_film_shows_a_dense_part_on_a_dark_ground(part):
    film = draw_body_part(part, 96, np.random.default_rng(3))
    assert (film.shape, film.dtype) == ((96, 96), np.uint8)
    assert np.median(film[:30, :10]) < 20  # air beside the part
    assert film[20:76, 30:66].mean() > 60  # the part itself
    assert film.max() > 120  # bone


def test_the_generator_decides_every_pixel():
    films = [draw_body_part("hand", 48, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(films[0], films[1])
    assert (films[0] != films[2]).any()


def test_parts_differ_from_each_other_more_than_their_films_do():
    films = {
        part: np.stack([draw_body_part(part, 32, np.random.default_rng(k)) for k in range(30)])
        for part in BODY_PARTS
    }
    means = {part: drawn.mean(axis=0) for part, drawn in films.items()}
    for part, drawn in films.items():
        gaps = {name: np.abs(drawn - mean).mean() for name, mean in means.items()}
        assert min(gaps, key=lambda name: gaps[name]) == part
