"""Each film gets another film of its batch, of another class where there is one."""

import keras
import numpy as np

from tasks.train.transforms.partners import draw_partners


def draw(n_films: int, labels=None, n_times: int = 300) -> np.ndarray:
    seeds = keras.random.SeedGenerator(0)
    return np.stack([draw_partners(n_films, seeds, labels) for _ in range(n_times)])


def test_every_other_film_is_drawn_equally_often_and_the_film_itself_never():
    partners = draw(4)
    assert partners.dtype == np.int32
    counts = np.stack([(partners == film).sum(axis=0) for film in range(4)])
    np.testing.assert_array_equal(np.diag(counts), 0)
    assert counts[~np.eye(4, dtype=bool)].min() > 70  # 100 expected
    assert counts.max() < 130


def test_partners_are_of_another_class_where_the_batch_has_one():
    classes = np.array([0, 1, 2, 1])
    partners = draw(4, np.eye(3, dtype=np.float32)[classes])
    assert (classes[partners] != classes).all()
    assert set(partners[:, 0]) == {1, 2, 3}
    assert set(partners[:, 1]) == set(partners[:, 3]) == {0, 2}


def test_in_a_batch_of_one_class_any_other_film_is_a_partner():
    partners = draw(3, np.eye(2)[[1, 1, 1]])
    assert [set(column) for column in partners.T] == [{1, 2}, {0, 2}, {0, 1}]


def test_a_film_alone_in_its_batch_is_its_own_partner():
    assert (draw(1, n_times=5) == 0).all()
