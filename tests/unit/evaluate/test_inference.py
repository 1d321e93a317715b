"""A network that overflows has no answer, and no number is made of it."""

import numpy as np
import pytest

from tasks.core.classifier import prepare_backend
from tasks.core.errors import EvaluationError
from tasks.evaluate.inference import infer, require_finite
from tasks.evaluate.repeated_inference import FilmReader

FILMS = np.full((3, 4, 4, 1), 9, dtype=np.uint8)


def overflowing(of_features: float, of_logits: float):
    """A network with one feature, the sum of the pixels, and two logits; weights as given."""
    prepare_backend()
    import keras
    from keras import layers

    images = keras.Input((4, 4, 1), dtype="uint8")
    hidden, head = layers.Dense(1), layers.Dense(2, name="logits")
    x = head(hidden(layers.Flatten()(layers.Rescaling(1.0)(images))))
    model = keras.Model(images, layers.Softmax(name="predictions")(x))
    hidden.set_weights([np.full((16, 1), of_features, np.float32), np.zeros(1, np.float32)])
    head.set_weights([np.full((1, 2), of_logits, np.float32), np.zeros(2, np.float32)])
    return model


@pytest.mark.parametrize("weights", [(3e38, 1.0), (1.0, 3e38)], ids=["features", "logits"])
def test_numbers_that_overflow_are_an_error(weights):
    with pytest.raises(EvaluationError) as raised:
        infer(overflowing(*weights), FILMS)
    assert raised.value.found == "NaN or infinity for 3 of 3 films"
    with pytest.raises(EvaluationError, match="must be finite"):
        FilmReader(overflowing(*weights)).read(FILMS)


def test_the_first_film_without_an_answer_is_named():
    answers = np.array([[0.0], [np.nan], [np.inf]], dtype=np.float32)
    require_finite(answers[:1])
    with pytest.raises(EvaluationError, match="row 1 of the films") as raised:
        require_finite(np.zeros((3, 2), np.float32), answers)
    assert raised.value.found == "NaN or infinity for 2 of 3 films"
