"""Run one network over many variants of the same films: its graph is built once."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tasks.core.classifier import LOGITS_LAYER
from tasks.core.errors import EvaluationError
from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Bools
from tasks.evaluate.inference import require_finite

if TYPE_CHECKING:
    import keras

_BATCH_SIZE = 64  # images per forward pass; it changes the logits by rounding only


class FilmReader:
    """A network that is called many times: `predict_logits` would trace it at each call.

    It sees later changes of the weights of the model, because both share their layers.

    Args:
        model: From `load_classifier`.
    """

    def __init__(self, model: "keras.Model") -> None:
        import keras

        outputs = [model.get_layer(LOGITS_LAYER).output, model.output]
        self._network = keras.Model(model.input, outputs)

    def read(self, images: Pixels) -> tuple[NDArray[np.float32], Bools]:
        """Logits of films, and whether the guard in the network refuses them.

        Args:
            images: (n, H, W, 1) uint8 in [0, 255].

        Returns:
            logits: (n, n_classes) float32, which no guard changes. is_refused: (n,) bool.

        Raises:
            EvaluationError: The films have another size or type than those of the training, or a
                logit is not a finite number.
        """
        shape = tuple(self._network.input_shape[1:])
        if images.dtype != np.uint8 or images.shape[1:] != shape:
            raise EvaluationError(
                "a network needs films of the size and type of its training",
                found=f"{images.shape[1:]} {images.dtype}, but it takes {shape} uint8",
                where="the image store",
                next_step="run `dvc repro`: the store and the model have different sizes",
            )
        logits, probabilities = self._network.predict(images, batch_size=_BATCH_SIZE, verbose=0)
        logits = np.asarray(logits, dtype=np.float32)
        require_finite(logits)
        return logits, np.isnan(probabilities).any(axis=1)
