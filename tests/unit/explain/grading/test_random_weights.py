import numpy as np
import pytest

from tasks.explain.grading.random_weights import RandomisedCopy


@pytest.fixture
def averaged(build_vgg):
    from tasks.train.network.ensemble import average_logits

    return average_logits([build_vgg(), build_vgg(), build_vgg()])


def kernels(copy: RandomisedCopy) -> list[np.ndarray]:
    weights = copy.explained.scored.truncated.network.get_weights()
    return [one for one in weights if one.ndim >= 2]


def test_the_model_keeps_its_weights(build_vgg, explain):
    explained = explain(build_vgg())
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 1)).astype(np.uint8)
    before = explained.network.get_weights()
    logits = explained.scored.logits(images)
    copy = RandomisedCopy(explained, seed=1)
    assert np.allclose(copy.explained.scored.logits(images), logits)
    copy.randomise(copy.n_layers)
    assert not np.allclose(copy.explained.scored.logits(images), logits)
    np.testing.assert_array_equal(explained.scored.logits(images), logits)
    for one, other in zip(before, explained.network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_logits_go_first_and_networks_of_all_seeds_go_together(averaged, explain):
    copy = RandomisedCopy(explain(averaged), seed=1)
    assert copy.n_layers == 5  # four convolutions and the logits, of three networks
    before = kernels(copy)
    for n_layers in (1, 2, 5):
        copy.randomise(n_layers)
        changed = sum(
            not np.array_equal(one, other) for one, other in zip(before, kernels(copy), strict=True)
        )
        assert changed == 3 * n_layers


def test_the_same_seed_gives_the_same_weights_of_the_same_size(build_vgg, explain):
    explained = explain(build_vgg())
    copies = [RandomisedCopy(explained, seed) for seed in (1, 1, 2)]
    before = kernels(copies[0])
    for copy in copies:
        copy.randomise(3)
        copy.randomise(copy.n_layers)
    first, same, other = (kernels(copy) for copy in copies)
    assert all(np.array_equal(*pair) for pair in zip(first, same, strict=True))
    assert not any(np.array_equal(*pair) for pair in zip(first, other, strict=True))
    sizes = [
        np.sqrt(np.mean(new**2) / np.mean(old**2)) for new, old in zip(first, before, strict=True)
    ]
    assert np.allclose(sizes, 1, atol=0.4)
