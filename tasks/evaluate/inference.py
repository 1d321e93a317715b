"""What a network says of films: logits, refusals of its guard, and features."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tasks.core.classifier import LOGITS_LAYER, predict_logits
from tasks.core.errors import EvaluationError
from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Bools

if TYPE_CHECKING:
    import keras

FIRST_HEAD = f"seed0_{LOGITS_LAYER}"  # logits of the first network, if several are averaged
_BATCH_SIZE = 64  # images per forward pass; it changes the logits by rounding only


@dataclass(frozen=True)
class Inference:
    """What a network says of n films.

    logits: (n, n_classes) float32. is_refused: (n,) whether the guard in the network refuses the
    film; the logits do not depend on it. features: (n, n_features) float32, input of the layer of
    the logits; of the first network, if several are averaged.
    """

    logits: NDArray[np.float32]
    is_refused: Bools
    features: NDArray[np.float32]


def infer(model: "keras.Model", images: Pixels) -> Inference:
    """Run a network over films, without dropout or augmentation.

    Args:
        model: From `load_classifier`.
        images: (n, H, W, 1) uint8 in [0, 255].

    Raises:
        EvaluationError: The size, type, shape or range of the images differs from the training, or
            an output is not a finite number.
    """
    import keras

    # Each call traces a function of its own, which TensorFlow takes for waste and warns about
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    logits = predict_logits(model, images)
    heads = [layer.name for layer in model.layers if layer.name == FIRST_HEAD]
    head = model.get_layer(heads[0] if heads else LOGITS_LAYER)
    rest = keras.Model(model.input, [model.output, head.input])
    probabilities, features = rest.predict(images, batch_size=_BATCH_SIZE, verbose=0)
    features = np.asarray(features, dtype=np.float32).reshape(len(images), -1)
    require_finite(logits, features)
    return Inference(logits, np.isnan(probabilities).any(axis=1), features)


def require_finite(*outputs: NDArray[np.float32]) -> None:
    """Check that a network has an answer to every film: neither NaN nor infinite.

    Args:
        outputs: (n, k) numbers of n films, such as logits and features.

    Raises:
        EvaluationError: A number is not finite; no metric and no threshold could be trusted.
    """
    lost = ~np.all([np.isfinite(numbers).all(axis=1) for numbers in outputs], axis=0)
    if lost.any():
        raise EvaluationError(
            "the logits and features of a network must be finite numbers",
            found=f"NaN or infinity for {int(lost.sum())} of {len(lost)} films",
            where=f"the outputs of the network; row {int(lost.argmax())} of the films is the first",
            next_step="train with train.precision float32 or mixed_bfloat16, or with a lower"
            " train.learning_rate: the numbers in this network overflow",
        )
