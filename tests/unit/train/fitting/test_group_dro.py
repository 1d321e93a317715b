"""Group DRO raises the weight of the groups with a high loss."""

import keras
import numpy as np
import pandas as pd
import pytest

from tasks.core.errors import TrainingError
from tasks.train.fitting.film_groups import FilmGroups, groups_of_films
from tasks.train.fitting.group_dro import RobustClassifier, robust_classifier, weight_curves
from tasks.train.network.build import build_classifier
from tasks.train.transforms import amplitude
from tests.cohorts import augment_params

STEP = 0.5
SHARES = np.float32([0.75, 0.25])
GROUPS = FilmGroups(("NORMAL_0", "NORMAL_1"), np.int32([0, 0, 0, 1]), np.int64([3, 1]), SHARES)
FILMS = np.float32([[1.0], [1.0], [1.0], [1.0]])
LABELS = np.float32([[1, 0], [1, 0], [1, 0], [0, 1]])
LOSS = np.log(2.0)  # of each film while the weights of the network are 0


def table(**columns) -> pd.DataFrame:
    rows = {"label": ["B", "A", "B", "B"], "acquisition": [0, 1, 0, 3]}
    return pd.DataFrame(rows | {"sample_weight": 1.0, "n_repeats": 1} | columns)


def test_a_group_is_a_class_and_a_cluster():
    groups = groups_of_films(table())
    assert groups.names == ("A_1", "B_0", "B_3")
    assert groups.of_film.tolist() == [1, 0, 1, 2]
    assert groups.n_films.tolist() == [1, 2, 1]
    assert groups.shares.tolist() == [0.25, 0.5, 0.25]


def test_shares_count_weights_and_repeats():
    groups = groups_of_films(table(n_repeats=[1, 3, 1, 1], sample_weight=[2.0, 0.5, 0.5, 0.5]))
    assert groups.shares.tolist() == pytest.approx([1.5 / 6, 2.5 / 6, 0.5 / 6])


@pytest.mark.parametrize("films", [table(acquisition=[0, 1, None, 0]), table().iloc[:, [0, 2, 3]]])
def test_films_without_a_cluster_are_refused(films):
    with pytest.raises(TrainingError, match="acquisition cluster of each training film"):
        groups_of_films(films)


def robust(rate: float = 0.0, smoothing: float = 0.0, groups: FilmGroups = GROUPS):
    """Build a network of two weights, both 0, that answers 0.5 for both classes."""
    films = keras.Input((1,))
    answers = keras.layers.Dense(2, "softmax", use_bias=False, kernel_initializer="zeros")(films)
    model = RobustClassifier(keras.Model(films, answers, name="tiny"), groups, STEP)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    model.compile(keras.optimizers.SGD(rate), loss, weighted_metrics=["accuracy"])
    return model


def train(model, films, labels, groups, weights) -> float:
    y = {"labels": labels, "groups": np.int32(groups)}
    return float(model.train_on_batch(films, y, np.float32(weights))[0])


def q(model) -> list[float]:
    return list(model.group_weights.values())


def test_weights_after_two_steps_are_those_worked_by_hand():
    model = robust()
    assert weight_curves(model) == {"group_weight/NORMAL_0": 0.5, "group_weight/NORMAL_1": 0.5}
    # step 1: one film of group 0, three of group 1; in units of the loss of a film,
    # L_0 = (1/4) / 0.75 = 1/3 and L_1 = (3/4) / 0.25 = 3
    loss = train(model, FILMS, LABELS, [0, 1, 1, 1], [1, 1, 1, 1])
    first = 1 / (1 + np.exp(STEP * LOSS * (1 / 3 - 3)))  # q_1 of two: a logistic function
    assert q(model) == pytest.approx([1 - first, first], rel=1e-5)
    assert loss == pytest.approx(LOSS * ((1 - first) / 3 + 3 * first), rel=1e-5)
    # step 2: only films of group 0, the second with weight 0.5 and the last of weight 0
    train(model, FILMS, LABELS, [0, 0, 0, 1], [1, 0.5, 1, 0])
    odds = first / (1 - first) * np.exp(STEP * LOSS * (0 - 2.5 / 4 / 0.75))
    assert q(model) == pytest.approx([1 / (1 + odds), odds / (1 + odds)], rel=1e-5)


def test_weights_equal_to_the_shares_give_the_ordinary_gradient():
    model = robust(1.0)
    model._step = 0.0
    model._weights_of_groups.assign(SHARES)
    train(model, FILMS, LABELS, [0, 0, 1, 1], [1, 2, 1, 1])
    weights = np.float32([1, 2, 1, 1])[:, None]
    gradient = (weights * (0.5 - LABELS)).mean(axis=0)  # softmax minus label
    np.testing.assert_allclose(model.layers[-1].get_weights()[0], [-gradient], rtol=1e-5)


def test_a_group_with_a_higher_loss_gains_weight_and_moves_the_network():
    model = robust(0.1)
    model.layers[-1].set_weights([np.float32([[1.0, -1.0]])])  # answers 0.88 for the first class
    heavier = []
    for _ in range(60):
        train(model, FILMS, LABELS, [0, 0, 0, 1], [1, 1, 1, 1])
        heavier.append(q(model)[1])
    assert heavier[0] < heavier[1] < heavier[2]  # the one film of the other class
    assert heavier[0] > 0.5
    answers = model.predict(FILMS[:1], verbose=0)[0]
    assert answers[0] < 0.65  # 0.75, the share of the first class, is best for the ordinary loss


def test_label_smoothing_is_part_of_the_loss_of_a_group():
    model = robust(smoothing=0.2)
    model.layers[-1].set_weights([np.float32([[2.0, 0.0]])])
    train(model, FILMS, np.float32([[1, 0]] * 4), [0, 0, 0, 0], [1, 1, 1, 1])
    log_p = np.log(1 / (1 + np.exp([-2.0, 2.0])))
    loss = -(0.9 * log_p[0] + 0.1 * log_p[1]) / 0.75
    assert q(model)[0] == pytest.approx(1 / (1 + np.exp(-STEP * loss)), rel=1e-5)


def test_huge_losses_keep_the_weights_finite():
    groups = FilmGroups(GROUPS.names, GROUPS.of_film, GROUPS.n_films, np.float32([0.999, 0.001]))
    model = robust(groups=groups)
    model.layers[-1].set_weights([np.float32([[50.0, -50.0]])])
    wrong = np.float32([[0, 1]] * 4)
    train(model, FILMS, wrong, [1, 1, 1, 1], [1, 1, 1, 1])
    assert q(model) == [0.0, 1.0]
    train(model, FILMS, wrong, [0, 0, 0, 0], [1, 1, 1, 1])
    assert q(model) == [0.0, 1.0]


def test_validation_uses_the_ordinary_loss_and_leaves_the_weights():
    model = robust()
    loss, accuracy = model.test_on_batch(FILMS, LABELS, np.ones(4, np.float32))
    assert (loss, accuracy) == (pytest.approx(LOSS), 0.75)
    assert q(model) == [0.5, 0.5]


def test_a_plain_network_has_no_curves_of_groups():
    assert weight_curves(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])) == {}


def test_amplitude_mix_still_knows_the_labels(monkeypatch):
    shapes = []

    def noted(n_films, seeds, labels):  # noqa: ARG001
        shapes.append(tuple(labels.shape))
        return keras.ops.arange(n_films, dtype="int32")

    monkeypatch.setattr(amplitude, "draw_partners", noted)
    mixed = build_classifier("ann", 16, 2, augment_params("none", amplitude_mix=0.5), 0)
    films = np.full((4, 16, 16, 1), 9, np.uint8)
    for _ in range(2):  # a second network too: Keras changes the bases of the first one's class
        model = robust_classifier(mixed, GROUPS, STEP)
        model.compile(loss=keras.losses.CategoricalCrossentropy(), run_eagerly=True)
        loss = model.train_on_batch(films, {"labels": LABELS, "groups": np.int32([0, 0, 1, 1])},
                                    np.ones(4, np.float32))  # fmt: skip
        assert np.isfinite(loss)
    assert shapes == [(4, 2), (4, 2)]
