"""A site without a negative class, and the draws of films."""

import numpy as np
import pytest

from tasks.core.classifier import prepare_backend
from tasks.evaluate.adapt.batch_norm import NormalisedNetwork
from tasks.evaluate.adapt.film_draws import class_mix, draw_films, films_needed
from tasks.evaluate.adapt.site import Site, judge_ways
from tasks.evaluate.judged_films import judged_films
from tasks.evaluate.repeated_inference import FilmReader
from tests.cohorts import draw_squares, evaluate_params, squares_cohort
from tests.decisions import decision

SIZE_PX = 16
FILMS = squares_cohort({"test": 10})
WITHOUT_NEGATIVE = decision(negative_class=None, operating_points=(), operating_point=None)


@pytest.fixture(scope="module")
def site() -> Site:
    prepare_backend()
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8")
    x = layers.BatchNormalization(name="block1_bn1")(layers.Rescaling(1 / 255)(images))
    x = layers.Dense(2, name="logits")(layers.Flatten()(x))
    model = keras.Model(images, layers.Softmax(name="predictions")(x))
    return Site(
        network=NormalisedNetwork(model, early_only=False),
        reader=FilmReader(model),
        films=judged_films(FILMS, WITHOUT_NEGATIVE, evaluate_params()),
        images=draw_squares(FILMS, SIZE_PX)[..., np.newaxis],
        home=None,
        alpha=1.0,
    )


def test_without_a_negative_class_there_is_no_threshold_to_move(site):
    ways = judge_ways(site, np.arange(len(FILMS)))
    assert [row["way"] for row in ways] == ["none", "statistics"]
    assert ways[1]["auroc"]["value"] is not None
    for name in ("sensitivity", "specificity", "calibration_error"):
        assert ways[1][name] == ways[1]["change"][name] == dict.fromkeys(("value", "low", "high"))
    assert class_mix(site, seed=0) == []
    rows = films_needed(site, seed=0)
    assert [row["n_films"] for row in rows] == [8, 16]
    assert "both" not in rows[0]
    assert rows[0]["statistics"]["specificity"] == dict.fromkeys(("mean", "lowest", "highest"))


def test_films_are_drawn_without_replacement_by_seed_and_number():
    first = draw_films(50, 20, seed=0, number=0)
    assert len(set(first)) == 20
    assert list(first) == sorted(first)
    assert np.array_equal(first, draw_films(50, 20, seed=0, number=0))
    for other in (draw_films(50, 20, seed=1, number=0), draw_films(50, 20, seed=0, number=1)):
        assert not np.array_equal(first, other)
    assert np.array_equal(draw_films(9, 9, seed=3, number=0), np.arange(9))
