import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.decision.novelty_score import NoveltyReference
from tasks.core.errors import EvaluationError
from tasks.evaluate.contract.novelty_fit import fit_novelty

Cohort = tuple[np.ndarray, np.ndarray]


def cohort(n: int, seed: int) -> Cohort:
    """Features around zero, and squares that are dark above and bright below."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(40, 200, 32)[:, None, None]
    images = ramp + rng.normal(0, 10, (n, 32, 32, 1))
    return rng.normal(size=(n, 24)).astype(np.float32), images.clip(0, 255).astype(np.uint8)


def fitted(max_novel_share: float = 0.1) -> NoveltyReference:
    return fit_novelty(*cohort(80, 0), *cohort(30, 1), max_novel_share)


def measure(reference: NoveltyReference, films: Cohort, number: int) -> np.ndarray:
    return ((reference.measures(*films) - reference.centres) / reference.spreads)[:, number]


def test_each_measure_finds_its_own_kind_of_film():
    reference = fitted()
    features, images = cohort(20, 2)
    flipped = images[:, ::-1]
    brighter = np.clip(images.astype(int) + 70, 0, 255).astype(np.uint8)
    rng = np.random.default_rng(0)
    patches = np.kron(rng.integers(0, 2, (20, 8, 8, 1)), np.ones((1, 4, 4, 1)))
    patchy = np.clip(images + 80.0 * patches, 0, 255).astype(np.uint8)
    foreign = [
        (features + 5, images),
        (features, brighter),
        (features, patchy),
        (features, flipped),
    ]
    for number, films in enumerate(foreign):
        assert measure(reference, films, number).min() > 3, number
        assert np.abs(measure(reference, (features, images), number)).mean() < 2, number


def test_the_score_is_the_most_unusual_measure():
    reference, films = fitted(), cohort(9, 4)
    expected = np.max([measure(reference, films, number) for number in range(4)], axis=0)
    np.testing.assert_allclose(reference.score(*films), expected)


@given(share=st.floats(0, 0.99))
@settings(max_examples=25, deadline=None)
def test_the_share_of_novel_validation_films_is_as_large_as_it_may_be(share):
    val = cohort(30, 1)
    reference = fit_novelty(*cohort(40, 0), *val, share)
    n_novel = int((reference.score(*val) > reference.threshold).sum())
    assert n_novel == int(np.floor(30 * share))


def test_without_enough_validation_films_the_threshold_is_their_highest_score():
    reference, val = fitted(0.01), cohort(30, 1)
    assert reference.threshold == reference.score(*val).max()


def test_the_score_of_a_film_does_not_depend_on_the_others():
    reference, (features, images) = fitted(), cohort(9, 4)
    alone = [reference.score(features[k : k + 1], images[k : k + 1])[0] for k in range(9)]
    np.testing.assert_allclose(reference.score(features, images), alone, rtol=1e-12)


@pytest.mark.parametrize("size", [(16, 16), (37, 53), (224, 224)])
def test_films_of_any_size_are_compared(size):
    images = np.random.default_rng(0).integers(0, 256, (12, *size, 1), dtype=np.uint8)
    features = np.random.default_rng(1).normal(size=(12, 3)).astype(np.float32)
    reference = fit_novelty(features, images, features, images, 0.0)
    assert np.isfinite(reference.score(features, images)).all()


def test_features_and_films_without_any_difference_are_no_error():
    features, images = np.zeros((6, 5), dtype=np.float32), np.full((6, 16, 16, 1), 90, np.uint8)
    reference = fit_novelty(features, images, features, images, 0.0)
    assert not (reference.score(features, images) > reference.threshold).any()
    assert (reference.score(features + 1, 2 * images) > reference.threshold).all()


@pytest.mark.parametrize(("n_train", "n_val"), [(1, 9), (9, 1), (0, 0)])
def test_too_few_films_are_an_error(n_train, n_val):
    with pytest.raises(EvaluationError, match="two training films and two validation films"):
        fit_novelty(*cohort(n_train, 0), *cohort(n_val, 1), 0.01)
