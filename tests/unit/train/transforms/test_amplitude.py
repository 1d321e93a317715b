"""Amplitudes are mixed with a film of another class; phases and labels stay."""

import keras
import numpy as np
import pytest

from tasks.train.fitting.film_groups import FilmGroups
from tasks.train.fitting.group_dro import RobustClassifier
from tasks.train.transforms.amplitude import AMPLITUDE_LAYER, AmplitudeMix, mix_amplitudes
from tasks.train.transforms.mixup import MixupClassifier, classifier_model
from tasks.train.transforms.presets import Augmentation

LEVELS = np.array([0.2, 0.8, 0.8, 0.8], dtype=np.float32)
EVEN = np.tile(LEVELS[:, None, None, None], (1, 2, 2, 1))
LABELS = np.eye(2, dtype=np.float32)[[0, 1, 1, 1]]


def mix(films: np.ndarray, partners: list[int], share: list[float]) -> np.ndarray:
    shares = np.array(share, dtype=np.float32)[:, None, None, None]
    places = np.array(partners, dtype=np.int32)
    return np.asarray(mix_amplitudes(films[..., None].astype(np.float32), places, shares))[..., 0]


def test_a_film_of_four_pixels_matches_a_calculation_by_hand():
    films = np.array([[[0.5, 0.3], [0.1, 0.1]], [[0.1, 0.5], [0.3, 0.3]]])
    # sums of a+b+c+d, a-b+c-d, a+b-c-d, a-b-c+d: 1.0, 0.2, 0.6, 0.2 and 1.2, -0.4, 0, -0.4
    # half of each amplitude, signs of the first film: 1.1, 0.3, 0.3, 0.3
    found = mix(films, [1, 0], [0.5, 0.0])
    np.testing.assert_allclose(found[0], [[0.5, 0.2], [0.2, 0.2]], atol=1e-6)
    np.testing.assert_allclose(found[1], films[1], atol=1e-6)


@pytest.mark.parametrize("side_px", [16, 15])
def test_phase_is_kept_and_the_amplitude_is_that_of_the_partner(side_px):
    films = np.random.default_rng(0).random((3, side_px, side_px + 2))
    found = np.fft.fft2(mix(films, [2, 0, 1], [1.0, 0.25, 1.0]))
    own, other = np.fft.fft2(films), np.fft.fft2(films[[2, 0, 1]])
    # a number over its size is its direction, which has no jump at half a turn
    np.testing.assert_allclose(found / np.abs(found), own / np.abs(own), atol=1e-3)
    share = np.array([1.0, 0.25, 1.0])[:, None, None]
    expected = share * np.abs(other) + (1 - share) * np.abs(own)
    np.testing.assert_allclose(np.abs(found), expected, atol=1e-4)


def test_a_frequency_that_the_film_lacks_stays_absent():
    stripes = np.tile([0.25, 0.75], (4, 2))
    found = mix(np.stack([np.full((4, 4), 0.5), stripes]), [1, 0], [1.0, 1.0])
    np.testing.assert_allclose(found, 0.5, atol=1e-6)  # stripes of no amplitude remain grey


def test_pixels_stay_between_black_and_white():
    films = np.random.default_rng(0).integers(0, 2, (16, 8, 8, 1)).astype(np.float32)
    found = np.asarray(AmplitudeMix(1.0, 0)(films, training=True))
    assert (found.min(), found.max()) == (0.0, 1.0)


class Record(keras.layers.Layer):
    """Keeps the mean of each film that a compiled step has seen."""

    def build(self, _shape):
        self.means = self.add_weight(shape=(4,), initializer="zeros", trainable=False)

    def call(self, films):
        self.means.assign(keras.ops.mean(films, axis=(1, 2, 3)))
        return films


def tiny(largest_share: float, mixup: float = 0.0) -> keras.Model:
    images = keras.Input((2, 2, 1), batch_size=4, name="images")
    x = Record(name="record")(AmplitudeMix(largest_share, 0)(images))
    logits = keras.layers.Dense(2, name="logits")(keras.layers.Flatten()(x))
    probabilities = keras.layers.Softmax(name="predictions")(logits)
    augmentation = Augmentation(amplitude_mix=largest_share, mixup=mixup)
    return classifier_model(images, probabilities, "tiny", augmentation)


def test_a_compiled_step_mixes_each_film_with_one_of_another_class_up_to_the_share():
    model = tiny(0.5)
    model.compile(keras.optimizers.SGD(0.0), "categorical_crossentropy", jit_compile=False)
    shares = []
    for _ in range(30):
        model.train_on_batch(EVEN, LABELS)
        # an even film has only the amplitude of its mean: 0.2 + 0.6 l, and 0.8 - 0.6 l three times
        shares.append(np.abs(np.asarray(model.get_layer("record").means) - LEVELS) / 0.6)
    assert np.min(shares) > 1e-4  # three films of one class would often keep 0.8
    assert np.max(shares) <= 0.5 + 1e-5
    assert np.min(shares) < 0.05
    assert np.max(shares) > 0.45
    assert np.std(shares, axis=1).min() > 0.01  # one share for each film
    assert model.get_layer(AMPLITUDE_LAYER).labels is None
    model.test_on_batch(EVEN, LABELS)
    np.testing.assert_array_equal(model.get_layer("record").means, LEVELS)


def test_partners_are_of_another_class_with_group_dro_too():
    groups = FilmGroups(("A_0", "B_0"), np.int32([0, 1, 1, 1]), np.int64([1, 3]), LEVELS[:2])
    model = RobustClassifier(tiny(0.5), groups, 0.1)
    loss = keras.losses.CategoricalCrossentropy()
    model.compile(keras.optimizers.SGD(0.0), loss, jit_compile=False)
    y = {"labels": LABELS, "groups": groups.of_film}
    for _ in range(10):
        model.train_on_batch(EVEN, y, np.ones(4, dtype=np.float32))
        assert np.abs(np.asarray(model.get_layer("record").means) - LEVELS).min() > 1e-4


def test_mixup_mixes_the_labels_of_such_a_model_too():
    assert isinstance(tiny(0.5, mixup=0.2), MixupClassifier)
    assert not isinstance(tiny(0.5), MixupClassifier)
