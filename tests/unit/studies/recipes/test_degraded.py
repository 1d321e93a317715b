"""Each change of films does what its name says."""

import numpy as np
import pytest

from tasks.core.film.sharpness import laplacian_variance
from tests.studies.recipes.degraded import CHANGES, degrade

RNG = np.random.default_rng(0)
# Lines on a gradient: a blur removes the lines, and a gamma changes the levels
FILMS = np.stack(
    [
        np.clip(np.add.outer(np.arange(32) * 4, 40 * (np.arange(32) // 2 % 2)) + 20 * n, 5, 250)
        for n in range(4)
    ]
).astype(np.uint8)


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_changes_the_films_the_same_way_in_every_run(name):
    changed = degrade(FILMS, CHANGES[name])
    assert (changed.shape, changed.dtype) == (FILMS.shape, np.uint8)
    assert (changed != FILMS).mean() > 0.1
    np.testing.assert_array_equal(degrade(FILMS, CHANGES[name]), changed)


def test_changes_do_what_their_names_say():
    sharpness = {
        name: laplacian_variance(degrade(FILMS, change)[0]) / laplacian_variance(FILMS[0])
        for name, change in CHANGES.items()
    }
    assert sharpness["halved"] < 0.7
    assert sharpness["sharpened"] > 1.3
    assert sharpness["noisy"] > 1.05
    means = {name: degrade(FILMS, change).mean() for name, change in CHANGES.items()}
    assert means["darker"] < FILMS.mean() - 10
    assert means["lighter"] > FILMS.mean() + 10
    white = np.full((1, 40, 40), 255, dtype=np.uint8)
    # 0.85 of 40 px is 34 px; the rest is black
    share = degrade(white, CHANGES["farther"]).mean() / 255
    assert share == pytest.approx(0.85**2, abs=0.03)
    assert degrade(white, CHANGES["closer"]).min() == 255
