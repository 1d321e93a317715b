"""Networks of keras.applications with their own preprocessing and a new head, for grey films."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers


@dataclass(frozen=True)
class Application:
    """A network of keras.applications; called with pixels, it builds the network up to the logits.

    The film goes into all three colour channels. The network is one layer of the classifier, so
    that weights files in its own layout fit.

    function: name of the function in keras.applications, such as `VGG16`. n_outputs: width of the
    head in a weights file; None for any width. The head itself is not loaded.

    Source: keras.io/api/applications.
    """

    function: str
    n_outputs: int | None = None

    def __call__(self, pixels: keras.KerasTensor, n_classes: int) -> keras.KerasTensor:
        """Build the network with random weights, up to the logits.

        Args:
            pixels: (B, H, W, 1) float32 in [0, 1].
            n_classes: Number of classes, at least two.

        Returns:
            logits: (B, n_classes) float32.

        Raises:
            ValueError: The films are too small for the network.
        """
        x = layers.Concatenate(name="grey_to_colour")([pixels] * 3)
        scale, offset = self.preprocessing()
        x = layers.Rescaling(scale, offset, dtype="float32", name="preprocess")(x)
        x = self.body(pixels.shape[1])(x)
        x = layers.GlobalAveragePooling2D(name="head_pool")(x)
        return layers.Dense(n_classes, dtype="float32", name="logits")(x)

    def body(self, size_px: int | None = None, weights: str | None = None) -> keras.Model:
        """Build the network without its head: (B, size_px, size_px, 3) -> maps (B, h, w, n).

        Args:
            size_px: Side of the input; None for any side.
            weights: `imagenet`, or None for random weights.
        """
        shape = (size_px, size_px, 3) if size_px else None
        return self._builder()(include_top=False, weights=weights, input_shape=shape)

    def preprocessing(self) -> tuple[list[float], list[float]]:
        """Scale and offset of each channel, from [0, 1] to the range of the original training.

        Two calls of the network's own `preprocess_input` give them: it is linear in each channel.
        """
        module = sys.modules[self._builder().__module__]
        black, white = (
            module.preprocess_input(np.full((1, 1, 1, 3), grey, dtype=np.float32)).ravel()
            for grey in (0, 255)
        )
        return [float(x) for x in white - black], [float(x) for x in black]

    def _builder(self) -> Callable[..., keras.Model]:
        builder: Callable[..., keras.Model] = getattr(keras.applications, self.function)
        return builder
