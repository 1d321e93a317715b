"""The synthetic film: size, lungs, opacities, marker and margins."""

import numpy as np
import pytest

from tasks.core.phantom.anatomy import Exposure, sample_anatomy, sample_exposure, sample_opacities
from tasks.core.phantom.radiograph import SyntheticFilm, draw_synthetic_film

SEEDS = range(6)


def draw(seed: int, subtype="", film: int = 1) -> SyntheticFilm:
    of_patient = np.random.default_rng([7, seed])
    of_film = np.random.default_rng([7, seed, film])
    anatomy = sample_anatomy(of_patient)
    opacities = sample_opacities(of_patient, anatomy, subtype)
    return draw_synthetic_film(anatomy, opacities, sample_exposure(of_film), of_film)


def plain_exposure(**changes) -> Exposure:
    values = {
        "width_px": 400,
        "height_px": 320,
        "half_height": 1.1,
        "shift": (0.0, 0.0),
        "rotation_rad": 0.0,
        "brightness": 0.0,
        "contrast": 1.0,
        "gradient": (0.0, 0.0),
        "noise": 0.0,
        "blur_px": 0.5,
        "margins": (0.0, 0.0, 0.0, 0.0),
        "marker": "R",
        "marker_place": (0.1, 0.2, 0.08),
    }
    return Exposure(**(values | changes))


def draw_plain(subtype="", seed: int = 3, **changes) -> SyntheticFilm:
    rng = np.random.default_rng(seed)
    anatomy = sample_anatomy(rng)
    opacities = sample_opacities(rng, anatomy, subtype)
    return draw_synthetic_film(anatomy, opacities, plain_exposure(**changes), rng)


def test_a_film_has_the_size_of_its_exposure_and_the_stated_types():
    film = draw_plain("bacteria")

    assert film.pixels.shape == film.lungs.shape == film.opacities[0].shape == (320, 400)
    assert film.pixels.dtype == np.uint8
    assert film.lungs.dtype == film.opacities[0].dtype == np.bool_


def test_the_same_seeds_draw_the_same_film():
    assert np.array_equal(draw(1).pixels, draw(1).pixels)
    assert draw(1).pixels.shape != draw(1, film=2).pixels.shape


@pytest.mark.parametrize("seed", SEEDS)
def test_lungs_are_darker_than_the_heart_between_them(seed):
    film = draw_plain(seed=seed)
    spine = film.pixels[150:220, 190:210]

    assert film.pixels[film.lungs].mean() + 50 < spine.mean()


@pytest.mark.parametrize("seed", SEEDS)
def test_lungs_fill_a_plausible_part_of_the_film_on_both_sides(seed):
    lungs = draw_plain(seed=seed).lungs
    right, left = lungs[:, :200].mean(), lungs[:, 200:].mean()

    assert 0.2 < right < 0.6
    assert 0.15 < left < right  # the heart covers a part of the left lung


@pytest.mark.parametrize(("subtype", "fewest", "most"), [("bacteria", 1, 1), ("virus", 2, 5)])
def test_the_subtype_determines_the_number_of_opacities(subtype, fewest, most):
    counts = [len(draw(seed, subtype).opacities) for seed in range(12)]

    assert fewest <= min(counts) <= max(counts) <= most


def test_viral_opacities_are_in_both_lungs_and_a_bacterial_one_in_one_lung():
    rng = np.random.default_rng(0)
    anatomy = sample_anatomy(rng)

    viral = [sample_opacities(rng, anatomy, "virus") for _ in range(20)]
    bacterial = [sample_opacities(rng, anatomy, "bacteria") for _ in range(20)]

    assert all({o.side for o in opacities} == {-1, 1} for opacities in viral)
    assert {len(opacities) for opacities in bacterial} == {1}
    assert {opacities[0].side for opacities in bacterial} == {-1, 1}


def test_normal_film_has_no_opacity():
    assert draw_plain().opacities == ()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("subtype", ["bacteria", "virus"])
def test_every_mask_has_pixels_and_lies_inside_the_lungs(seed, subtype):
    film = draw(seed, subtype)

    for mask in film.opacities:
        assert mask.any()
        assert not (mask & ~film.lungs).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_an_opacity_brightens_its_mask_more_than_the_rest_of_the_film(seed):
    rng = np.random.default_rng(seed)
    anatomy = sample_anatomy(rng)
    opacities = sample_opacities(rng, anatomy, "bacteria")
    ill = draw_synthetic_film(anatomy, opacities, plain_exposure(), np.random.default_rng(0))
    well = draw_synthetic_film(anatomy, (), plain_exposure(), np.random.default_rng(0))
    (mask,) = ill.opacities
    change = ill.pixels.astype(int) - well.pixels

    assert change[mask].mean() > 20
    assert abs(change[~mask].mean()) < 15  # automatic exposure darkens the rest a little


def test_the_marker_is_on_the_side_that_it_names():
    bare, right = draw_plain(marker=" "), draw_plain(marker="R")
    left = draw_plain(marker="L", marker_place=(0.9, 0.2, 0.08))
    changed_cols = np.flatnonzero((bare.pixels != right.pixels).any(axis=0))

    assert right.pixels[50:80, 25:55].max() > 230
    assert changed_cols.min() > 20
    assert changed_cols.max() < 60
    assert not np.array_equal(left.pixels[:, 340:], bare.pixels[:, 340:])


def test_a_sampled_marker_is_on_the_side_that_it_names():
    exposures = [sample_exposure(np.random.default_rng(seed)) for seed in range(60)]

    assert {exposure.marker for exposure in exposures} == {"L", "R"}
    assert all((e.marker_place[0] < 0.5) == (e.marker == "R") for e in exposures)


def test_a_collimated_margin_is_black_and_has_no_lung():
    film = draw_plain(margins=(0.25, 0.0, 0.0, 0.0), marker=" ")

    assert film.pixels[:, :99].max() == 0
    assert not film.lungs[:, :100].any()
    assert film.lungs[:, 101:200].any()


def test_sizes_are_within_their_ranges():
    exposures = [sample_exposure(np.random.default_rng(seed)) for seed in range(200)]
    widths = [exposure.width_px for exposure in exposures]
    aspects = [exposure.width_px / exposure.height_px for exposure in exposures]

    assert min(widths) >= 320
    assert max(widths) <= 560
    assert min(aspects) > 0.99
    assert max(aspects) < 1.51
