import numpy as np
import pytest

from tasks.explain.grading.random_weights import RandomWeights


@pytest.fixture
def averaged(build_vgg):
    from tasks.train.network.ensemble import average_logits

    return average_logits([build_vgg(), build_vgg(), build_vgg()])


def kernels(network) -> list[np.ndarray]:
    return [one for one in network.get_weights() if one.ndim >= 2]


def network_of(explained):
    return explained.scored.truncated.network


def test_the_network_has_its_own_weights_again_after_the_block(build_vgg, explain):
    explained = explain(build_vgg())
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 1)).astype(np.uint8)
    before, logits = network_of(explained).get_weights(), explained.scored.logits(images)
    with RandomWeights(network_of(explained), seed=1) as weights:
        weights.randomise(weights.n_layers)
        assert not np.allclose(explained.scored.logits(images), logits)
    np.testing.assert_array_equal(explained.scored.logits(images), logits)
    for one, other in zip(before, network_of(explained).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_logits_go_first_and_networks_of_all_seeds_go_together(averaged, explain):
    network = network_of(explain(averaged))
    before = kernels(network)
    with RandomWeights(network, seed=1) as weights:
        assert weights.n_layers == 5  # four convolutions and the logits, of three networks
        for n_layers in (1, 2, 5):
            weights.randomise(n_layers)
            pairs = zip(before, kernels(network), strict=True)
            assert sum(not np.array_equal(*pair) for pair in pairs) == 3 * n_layers


def test_the_same_seed_gives_the_same_weights_of_the_same_size(build_vgg, explain):
    network = network_of(explain(build_vgg()))
    before = kernels(network)
    made = []
    for seed in (1, 1, 2):
        with RandomWeights(network, seed) as weights:
            weights.randomise(3)
            weights.randomise(weights.n_layers)
            made.append(kernels(network))
    first, same, other = made
    assert all(np.array_equal(*pair) for pair in zip(first, same, strict=True))
    assert not any(np.array_equal(*pair) for pair in zip(first, other, strict=True))
    sizes = [
        np.sqrt(np.mean(new**2) / np.mean(old**2)) for new, old in zip(first, before, strict=True)
    ]
    assert np.allclose(sizes, 1, atol=0.4)
