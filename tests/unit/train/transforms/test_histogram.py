"""A film takes exactly the grey levels of another one and keeps the order of its pixels."""

import numpy as np

from tasks.train.transforms.histogram import HistogramMatch, match_histograms


def match(*films: list[list[int]], partners: list[int]) -> np.ndarray:
    grey = np.array(films, dtype=np.float32)[..., None] / 255
    matched = match_histograms(grey, np.array(partners, dtype=np.int32))
    return np.rint(np.asarray(matched)[..., 0] * 255).astype(int)


def test_levels_are_those_of_the_partner_in_the_order_of_the_film():
    first, second = [[10, 200], [30, 40]], [[0, 1], [2, 255]]
    # 10 < 30 < 40 < 200 become 0, 1, 2 and 255; and 0 < 1 < 2 < 255 become 10, 30, 40 and 200
    found = match(first, second, partners=[1, 0])
    np.testing.assert_array_equal(found, [[[0, 255], [1, 2]], [[10, 30], [40, 200]]])


def test_of_equal_pixels_the_darker_neighbourhood_comes_first_then_the_first_read():
    # means of the neighbours: 125, 100, 50 and 50, so the order of the places is 2, 3, 1, 0
    found = match([[200, 50, 50, 50]], [[1, 2, 3, 4]], partners=[1, 1])
    np.testing.assert_array_equal(found[0], [[4, 3, 1, 2]])


def test_histogram_is_exactly_that_of_the_partner_and_no_pair_of_pixels_changes_places():
    rng = np.random.default_rng(0)
    films = rng.integers([0, 100, 0], [256, 104, 9], (17, 13, 3)).transpose(2, 0, 1)
    partners = [1, 2, 0]
    found = match(*films, partners=partners)
    for old, new, partner in zip(films, found, partners, strict=True):
        np.testing.assert_array_equal(np.sort(new, axis=None), np.sort(films[partner], axis=None))
        order = np.lexsort((new.ravel(), old.ravel()))
        assert (np.diff(new.ravel()[order]) >= 0).all()


def test_the_share_of_the_films_is_changed_and_each_gets_the_levels_of_another_film():
    levels = np.arange(200, dtype=np.float32) / 255
    films = np.tile(levels[:, None, None, None], (1, 2, 2, 1))  # one level each, of its own
    layer = HistogramMatch(0.3, 0)
    found = np.asarray(layer(films, training=True))
    assert (found == found[:, :1, :1]).all()
    changed = found[:, 0, 0, 0] != levels
    assert 0.2 < changed.mean() < 0.4
    assert set(found[:, 0, 0, 0]) <= set(levels)
    assert len(set(found[changed, 0, 0, 0])) > 0.7 * changed.sum()
    np.testing.assert_array_equal(layer(films, training=False), films)
    assert (np.asarray(HistogramMatch(1.0, 0)(films, training=True)) != films).all()
