import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tasks.core.phantom.anatomy import sample_anatomy, sample_exposure
from tasks.core.phantom.radiograph import draw_synthetic_film
from tasks.evaluate.robustness.negative_controls import (
    CONTROLS,
    LUNGS_COVERED,
    lung_region,
    without_lungs,
)

BY_NAME = {one.name: one for one in CONTROLS}


def blank(name: str, films: np.ndarray, ids: list[str] | None = None, seed: int = 0) -> np.ndarray:
    ids = ids or [f"film-{number}" for number in range(len(films))]
    return without_lungs(films, ids, BY_NAME[name], seed)


def noise_films(n: int, size_px: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, size_px, size_px, 1), dtype=np.uint8)


def test_the_region_covers_the_stated_share_of_the_true_lungs_of_the_phantom():
    shares = []
    for patient in range(5):
        rng = np.random.default_rng(patient)
        anatomy = sample_anatomy(rng)
        lungs = draw_synthetic_film(anatomy, (), sample_exposure(rng), rng).lungs
        square = Image.fromarray(255 * lungs.astype(np.uint8)).resize(
            (64, 64), Image.Resampling.BOX
        )
        grey = np.asarray(square, dtype=float)
        shares.append(grey[lung_region(64)].sum() / grey.sum())
    assert np.mean(shares) == pytest.approx(LUNGS_COVERED, abs=0.006)
    assert min(shares) > 0.93


def test_the_region_leaves_corners_and_border_and_is_symmetric():
    region = lung_region(64)
    assert np.array_equal(region, region[:, ::-1])
    assert np.array_equal(region, region[::-1])
    assert not region[:5, :12].any()
    assert not region[0, :24].any()
    assert region[32, 4]
    assert region.mean() == pytest.approx(0.78, abs=0.01)


@settings(max_examples=20, deadline=None)
@given(name=st.sampled_from(sorted(BY_NAME)), size_px=st.integers(9, 40), seed=st.integers(0, 99))
def test_shape_and_type_stay_and_a_film_does_not_depend_on_the_others(name, size_px, seed):
    films = noise_films(3, size_px, seed)
    changed = blank(name, films, ["a", "b", "c"], seed)
    assert (changed.shape, changed.dtype) == (films.shape, np.uint8)
    assert np.array_equal(blank(name, films[[2, 0]], ["c", "a"], seed), changed[[2, 0]])


@pytest.mark.parametrize("name", ["lungs_blanked", "border_only"])
def test_nothing_of_the_lungs_is_left(name):
    films = noise_films(2, 64)
    films[1] = films[0]
    films[1][lung_region(64) & (np.arange(64) > 8) & (np.arange(64) < 56)] = 255
    films[1][:8], films[1][-8:] = films[0][:8], films[0][-8:]
    changed = blank(name, films)
    assert not np.array_equal(films[0], films[1])
    assert np.array_equal(changed[0], changed[1])


def test_lungs_are_blanked_with_the_mean_of_the_rest():
    film = np.full((1, 64, 64, 1), 30, dtype=np.uint8)
    film[0][lung_region(64)] = 200
    assert (blank("lungs_blanked", film) == 30).all()


def test_border_only_keeps_a_ring_of_a_sixteenth():
    film = noise_films(1, 64)
    changed = blank("border_only", film)[0, ..., 0]
    inside = np.zeros((64, 64), dtype=bool)
    inside[4:60, 4:60] = True
    assert np.array_equal(changed[~inside], film[0, ..., 0][~inside])
    assert set(changed[inside]) == {np.rint(film[0, ..., 0][~inside].mean())}


def test_patches_are_moved_whole_and_by_seed():
    film = np.repeat(np.repeat(np.arange(64).reshape(8, 8), 8, 0), 8, 1)
    film = film.astype(np.uint8)[np.newaxis, ..., np.newaxis]
    first = blank("patches_shuffled", film)[0, ..., 0]
    corners = first[::8, ::8]
    assert sorted(corners.ravel()) == list(range(64))
    assert np.array_equal(np.kron(corners, np.ones((8, 8), dtype=np.uint8)), first)
    assert not np.array_equal(first, film[0, ..., 0])
    assert not np.array_equal(first, blank("patches_shuffled", film, seed=1)[0, ..., 0])
    assert np.array_equal(first, blank("patches_shuffled", film)[0, ..., 0])


def test_a_thumbnail_holds_the_means_of_8_by_8_cells():
    film = noise_films(1, 64)
    small = film[0, ..., 0].reshape(8, 8, 8, 8).mean(axis=(1, 3))
    changed = blank("thumbnail", film)[0, ..., 0].astype(float)
    between = changed[3:-4:8, 3:-4:8] + changed[4:-3:8, 4:-3:8]  # beside the middle of each cell
    assert np.abs(between[1:-1, 1:-1] / 2 - small[1:-1, 1:-1]).max() < 6
