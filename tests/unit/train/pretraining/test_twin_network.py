"""The trunk of each network, its copy, and the two views of a film."""

import keras
import numpy as np
import pytest

from tasks.train.network.build import build_classifier
from tasks.train.pretraining.twin_network import build_twins, build_viewer, copy_trunk, trunk_of
from tests.cohorts import augment_params
from tests.phantom_squares import phantom_squares

AUGMENT = augment_params("notebook", mixup=0.2)  # mixup has a variable of its own
FILMS = phantom_squares(4, seed=0)
OWN = ["ann", "cnn4", "cnn4_bn", "cnn4_bn_dropout", "cnn_deep", "minivggnet", "twin5"]


def changed_network(name: str, seed: int) -> keras.Model:
    """A network in which no weight has the value that Keras gives a new one."""
    network = build_classifier(name, 64, 2, AUGMENT, seed)
    rng = np.random.default_rng(seed)
    network.set_weights([rng.random(w.shape, dtype=np.float32) for w in network.get_weights()])
    return network


@pytest.mark.parametrize(
    ("name", "width"),
    [("ann", 64), ("cnn4", 50), ("cnn_deep", 64), ("minivggnet", 512), ("twin5", 128),
     ("mobilenet", 1024)],
)  # fmt: skip
def test_the_trunk_ends_before_the_logits(name, width):
    network = build_classifier(name, 64, 2, AUGMENT, seed=0)
    trunk = trunk_of(network)
    assert trunk.output_shape == (None, width)
    head = network.get_layer("logits")
    assert trunk.count_params() + head.count_params() == network.count_params()


@pytest.mark.parametrize("name", [*OWN, "mobilenet"])
def test_a_copy_has_all_weights_but_those_of_the_head(name):
    source, target = changed_network(name, 1), changed_network(name, 2)
    head = target.get_layer("logits").get_weights()
    copy_trunk(source, target)
    for one, other in zip(source.weights, target.weights, strict=True):
        of_trunk = not one.path.startswith(("logits", "augment_"))
        assert np.array_equal(one.numpy(), other.numpy()) == of_trunk
    for kept, now in zip(head, target.get_layer("logits").get_weights(), strict=True):
        np.testing.assert_array_equal(now, kept)


@pytest.mark.parametrize("changes", [{"mixup": 0.2}, {"mixstyle": 0.1}])
def test_the_pretraining_starts_from_the_weights_of_the_classifier(changes):
    network = build_classifier("cnn4_bn", 64, 2, augment_params("none", **changes), seed=0)
    viewer = build_viewer(network, 5, 0.08)
    expected = trunk_of(network).predict(FILMS, verbose=0)
    np.testing.assert_array_equal(trunk_of(viewer).predict(FILMS, verbose=0), expected)


def test_a_film_has_two_views_and_a_seed_repeats_them():
    def views(seed: int) -> np.ndarray:
        viewer = build_viewer(build_classifier("ann", 64, 2, AUGMENT, seed=0), seed, 0.08)
        draw = keras.Model(viewer.input, viewer.get_layer("augment_film").output)
        return np.stack([draw(FILMS, training=True) for _ in range(2)], axis=1)

    found = views(5)
    assert (np.abs(found[:, 0] - found[:, 1]).mean(axis=(1, 2, 3)) > 0.02).all()
    np.testing.assert_array_equal(views(5), found)
    assert np.abs(views(6) - found).max() > 0.1


def test_both_views_go_through_one_trunk_and_one_projector():
    viewer = build_viewer(build_classifier("ann", 64, 2, AUGMENT, seed=0), 0, 0.08)
    twins = build_twins(viewer, 16)
    embeddings = np.asarray(twins(FILMS, training=False))
    assert embeddings.shape == (4, 2, 16)
    # at prediction there is no augmentation, so both views are the film itself
    np.testing.assert_array_equal(embeddings[:, 0], embeddings[:, 1])
    trained = np.asarray(twins(FILMS, training=True))
    assert np.abs(trained[:, 0] - trained[:, 1]).max() > 0.01
    # 64 * 16 + 16 * 16 + 16 * 16 without biases, 4 * 16 of each normalisation
    assert twins.count_params() - trunk_of(viewer).count_params() == 1_024 + 2 * 256 + 2 * 64


def test_embeddings_are_float32_in_half_precision():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        viewer = build_viewer(build_classifier("ann", 64, 2, AUGMENT, seed=0), 0, 0.08)
        assert trunk_of(viewer).output.dtype == "float16"
        assert build_twins(viewer, 16).output.dtype == "float32"
    finally:
        keras.config.set_dtype_policy("float32")
