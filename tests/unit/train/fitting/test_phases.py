"""Transfer learning: which layers learn in which epochs."""

import numpy as np

from tasks.core.params import TrainParams
from tasks.train.fitting.phases import Phase, freeze_body, phases, unfreeze_body
from tasks.train.network.build import build_classifier
from tasks.train.weights.initial import load_initial_weights
from tests.cohorts import STILL, train_params
from tests.weights_files import layers_of, sha256_of, write_h5

SIZE_PX = 32
SHA = "0" * 64


def from_file(**changes: object) -> TrainParams:
    return train_params(weights="w.h5", weights_sha256=SHA, **changes)


def test_with_random_weights_all_layers_learn_from_the_first_epoch():
    assert phases(train_params(epochs=5)) == [Phase(0, 5, 0.001)]


def test_pretrained_layers_learn_after_the_frozen_epochs():
    params = from_file(epochs=5, freeze_epochs=2, fine_tune_learning_rate=1e-5)
    assert phases(params) == [
        Phase(0, 2, 0.001, frozen=True),
        Phase(2, 5, 1e-5, fine_tuned=True),
    ]
    assert phases(from_file(epochs=5)) == [Phase(0, 5, 0.0001, fine_tuned=True)]
    assert phases(from_file(epochs=2, freeze_epochs=3)) == [Phase(0, 2, 0.001, frozen=True)]


def test_in_a_frozen_network_only_the_head_learns():
    network = build_classifier("chexnet", SIZE_PX, 3, STILL, seed=0)
    freeze_body(network)
    assert [weight.path for weight in network.trainable_variables] == [
        "logits/kernel",
        "logits/bias",
    ]


def test_in_a_fine_tuned_network_all_but_batch_normalisation_learns():
    network = build_classifier("chexnet", SIZE_PX, 3, STILL, seed=0)
    freeze_body(network)
    unfreeze_body(network)
    n_learning = sum(int(np.prod(weight.shape)) for weight in network.trainable_variables)
    # DenseNet121 without head: 7,037,504 parameters; four per normalised channel do not learn;
    # plus our head with three outputs
    assert n_learning == 7_037_504 - 4 * n_normalised_channels() + 1024 * 3 + 3
    assert not any("_bn" in weight.path for weight in network.trainable_variables)


def n_normalised_channels() -> int:
    n, total = 64, 64
    for n_layers in (6, 12, 24, 16):
        for _ in range(n_layers):
            total += n + 128
            n += 32
        total += n  # transition, or last layer
        n //= 2
    return total


def test_initial_weights_come_from_the_file(tmp_path):
    start = build_classifier("cnn4", SIZE_PX, 2, STILL, seed=9)
    write_h5(tmp_path / "start.h5", layers_of(start))
    params = train_params(
        weights=str(tmp_path / "start.h5"), weights_sha256=sha256_of(tmp_path / "start.h5")
    )
    network = build_classifier("cnn4", SIZE_PX, 2, STILL, seed=1)
    load_initial_weights(network, params)
    pairs = zip(start.layers[:-2], network.layers[:-2], strict=True)  # without the head
    assert all(
        np.array_equal(a, b)
        for one, other in pairs
        for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )
