"""Films and labels are mixed with the same share; the loss counts both films."""

import keras
import numpy as np
import pytest

from tasks.train.transforms.mixup import (
    MIXUP_LAYER,
    Mixup,
    MixupClassifier,
    classifier_model,
    mix_labels,
)
from tasks.train.transforms.presets import resolve
from tests.cohorts import augment_params

MIXED = augment_params("none", mixup=0.4)


def tiny(params=MIXED) -> keras.Model:
    images = keras.Input((2, 2, 1), name="images")
    x = Mixup(params.mixup, 0)(images) if params.mixup else images
    x = keras.layers.Dense(2, name="logits", kernel_initializer="ones")(keras.layers.Flatten()(x))
    probabilities = keras.layers.Softmax(name="predictions")(x)
    return classifier_model(images, probabilities, "tiny", resolve(params))


def test_each_film_is_blended_with_the_previous_one_and_stays_the_larger_part():
    films = np.arange(3, dtype=np.float32)[:, None, None, None] * np.ones((1, 2, 2, 1))
    layer = Mixup(0.4, 0)
    shares = []
    for _ in range(50):
        mixed = np.asarray(layer(films, training=True))[:, 0, 0, 0]
        share = float(layer.share)
        shares.append(share)
        # film 0 takes from film 2, film 1 from film 0, film 2 from film 1
        expected = [2 * (1 - share), share, 2 * share + 1 - share]
        np.testing.assert_allclose(mixed, expected, atol=1e-5)
    assert 0.5 <= min(shares) < 0.65
    assert 0.95 < max(shares) <= 1.0
    np.testing.assert_array_equal(layer(films, training=False), films)


def test_labels_and_weights_match_a_calculation_by_hand():
    labels, weights = mix_labels(
        np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([2.0, 1.0]), np.float32(0.75)
    )
    # film 0: 0.75 * 2 = 1.5 of class 0 and 0.25 * 1 = 0.25 of class 1
    np.testing.assert_allclose(weights, [1.75, 1.25])
    np.testing.assert_allclose(labels, [[1.5 / 1.75, 0.25 / 1.75], [0.5 / 1.25, 0.75 / 1.25]])
    _, ones = mix_labels(np.eye(2), None, np.float32(0.75))
    np.testing.assert_allclose(ones, [1.0, 1.0])


def test_training_loss_counts_both_films_by_share_and_weight():
    model = tiny()
    model.compile("sgd", "categorical_crossentropy")
    model.get_layer(MIXUP_LAYER).share.assign(0.7)
    labels = np.eye(2, dtype=np.float32)[[0, 1, 1]]
    prob = np.array([[0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], dtype=np.float32)
    weights = np.array([1.0, 2.0, 0.5], dtype=np.float32)
    own = -np.log((prob * labels).sum(axis=1)) * weights
    other = -np.log((prob * np.roll(labels, 1, axis=0)).sum(axis=1)) * np.roll(weights, 1)
    mixed = model.compute_loss(None, labels, prob, weights, training=True)
    assert float(mixed) == pytest.approx((0.7 * own + 0.3 * other).sum() / 3, rel=1e-5)
    plain = model.compute_loss(None, labels, prob, weights, training=False)
    assert float(plain) == pytest.approx(own.sum() / 3, rel=1e-5)


def test_a_compiled_step_uses_labels_mixed_as_the_films_were():
    model = tiny()
    model.compile(keras.optimizers.SGD(0.0), "categorical_crossentropy", jit_compile=False)
    model.get_layer("logits").kernel.assign(np.array([[3.0, -1.0]] * 4))
    films = np.random.default_rng(0).random((4, 2, 2, 1), dtype=np.float32)
    labels = np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]
    loss = model.train_on_batch(films, labels)
    share = float(model.get_layer(MIXUP_LAYER).share)
    assert 0.5 <= share < 1.0
    mixed = share * films + (1 - share) * np.roll(films, 1, axis=0)
    prob = np.asarray(model(mixed, training=False))
    target = share * labels + (1 - share) * np.roll(labels, 1, axis=0)
    assert float(loss) == pytest.approx(-(target * np.log(prob)).sum(axis=1).mean(), rel=1e-4)


def test_without_mixup_the_model_is_a_plain_keras_model():
    assert isinstance(tiny(), MixupClassifier)
    assert not isinstance(tiny(augment_params("none")), MixupClassifier)
