"""A network whose logits and gradients are computed in batches by compiled functions."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.attribution.class_scores import score_weights
from tasks.explain.gradients import compile_function, gradients_of
from tasks.explain.truncated import TruncatedNetwork

Float32s = NDArray[np.float32]
MakeRows = Callable[[NDArray[np.int64]], Float32s]  # numbers of rows -> their pixels

_MAX_ROWS = 32  # more rows are no faster on a CPU
# A network such as VGG16 keeps about 1 kB of maps for a pixel while it computes a gradient: 0.5 GB
_MAX_PIXELS = 2**19


class ScoredNetwork:
    """Batched logits and gradients of a network.

    Each function is compiled once for all methods. It reads the weights anew at each call, so new
    weights of `truncated.network` count at once. The size of a batch changes results by rounding
    only.
    """

    def __init__(self, truncated: TruncatedNetwork, average_film: Pixels) -> None:
        """Take a network that starts at float32 pixels, and the mean of its training films.

        Args:
            truncated: From `truncate(model, "float32")`.
            average_film: (H, W, 1) uint8.
        """
        self.truncated = truncated
        self.average_film = average_film
        self.n_classes: int = truncated.network.outputs[-1].shape[-1]

    def batch_size(self, n_rows: int) -> int:
        """Films of one batch: a power of two, so that few sizes have to be compiled."""
        height, width = self.truncated.network.input_shape[1:3]
        n_views = len(self.truncated.boxes)
        most = max(1, min(_MAX_ROWS, _MAX_PIXELS // (height * width * n_views)))
        return min(_power_of_two(n_rows), 1 << (most.bit_length() - 1))

    def logits(self, images: NDArray[np.generic]) -> Float32s:
        """Logits (N, n_classes) float32 of images (N, H, W, 1), any type, in [0, 255]."""
        return self.logits_of_rows(len(images), lambda rows: images[rows].astype(np.float32))

    def logits_of_rows(self, n_rows: int, make_rows: MakeRows) -> Float32s:
        """Logits of films that are made batch by batch, so that they are never all in memory.

        Args:
            n_rows: Number of films.
            make_rows: Pixels (B, H, W, 1) float32 in [0, 255] of the films with these numbers.

        Returns:
            logits: (n_rows, n_classes) float32.
        """
        (logits,) = self._in_batches(self._logits, n_rows, lambda rows: [make_rows(rows)])
        return logits

    def pixel_gradients(
        self, n_rows: int, make_rows: MakeRows, classes: NDArray[np.int64]
    ) -> Float32s:
        """Gradient of the score of a class with respect to the pixels of films made in batches.

        Args:
            n_rows: Number of films.
            make_rows: As of `logits_of_rows`.
            classes: (n_rows,) int64, the class of each film.

        Returns:
            (n_rows, H, W) float32, in logits per grey level.
        """
        weights = score_weights(self.n_classes).T[classes]
        (gradients,) = self._in_batches(
            self._pixel_gradients, n_rows, lambda rows: [make_rows(rows), weights[rows]]
        )
        return gradients[..., 0]

    def map_gradients(
        self, images: Pixels, classes: NDArray[np.int64]
    ) -> tuple[Float32s, Float32s]:
        """Last feature maps of each view, and the gradient of its score with respect to them.

        Args:
            images: (N, H, W, 1) uint8.
            classes: (N,) int64, the class of each film.

        Returns:
            maps, gradients: (N, V, h, w, n_channels) float32 for V views. The gradient is that of
            the score of the view alone. If several networks are averaged, the channels are those of
            all of them.
        """
        weights = score_weights(self.n_classes).T[classes]
        maps, gradients = self._in_batches(
            self._map_gradients,
            len(images),
            lambda rows: [images[rows].astype(np.float32), weights[rows]],
        )
        return maps, gradients

    @cached_property
    def _logits(self) -> Callable[[list[Any]], list[Any]]:
        def function(tensors: list[Any]) -> list[Any]:
            return [self._last_output(tensors[0])]

        return compile_function(function, self.truncated.network)

    @cached_property
    def _pixel_gradients(self) -> Callable[[list[Any]], list[Any]]:
        def function(tensors: list[Any]) -> list[Any]:
            pixels, weights = tensors

            def score(at: list[Any]) -> Any:
                # the films are independent: the gradient of the sum holds the gradient of each
                return keras.ops.sum(self._last_output(at[0]) * weights)

            return gradients_of(score, [pixels])

        return compile_function(function, self.truncated.network)

    @cached_property
    def _map_gradients(self) -> Callable[[list[Any]], list[Any]]:
        n_layers, n_views = len(self.truncated.layers), len(self.truncated.boxes)

        def by_film(parts: list[Any]) -> Any:
            rows = keras.ops.concatenate(parts, axis=-1)  # (V * B, h, w, n_channels)
            views = keras.ops.reshape(rows, (n_views, -1, *rows.shape[1:]))
            return keras.ops.moveaxis(views, 0, 1)

        def function(tensors: list[Any]) -> list[Any]:
            pixels, weights = tensors
            maps = list(self.truncated.network(pixels, training=False)[n_layers - 1 : -1])

            def score(at: list[Any]) -> Any:
                return keras.ops.sum(self.truncated.head([pixels, *at], training=False) * weights)

            gradients = gradients_of(score, maps)  # the score of a film is the mean of its views
            return [by_film(maps), n_views * by_film(gradients)]

        return compile_function(function, self.truncated.network)

    def _last_output(self, pixels: Any) -> Any:
        """The logits: a dense network returns nothing else, and no list."""
        return keras.tree.flatten(self.truncated.network(pixels, training=False))[-1]

    def _in_batches(
        self,
        function: Callable[[list[Any]], list[Any]],
        n_rows: int,
        make_rows: Callable[[NDArray[np.int64]], list[Float32s]],
    ) -> list[Float32s]:
        """Call a function batch by batch; the last batch is filled up with its last row.

        It is filled up to a power of two, so that JAX has few shapes to compile.
        """
        size = self.batch_size(n_rows)
        results = []
        for start in range(0, n_rows, size):
            rows = np.arange(start, min(start + size, n_rows))
            filled = np.pad(rows, (0, _power_of_two(len(rows)) - len(rows)), mode="edge")
            tensors = [keras.ops.convert_to_tensor(array) for array in make_rows(filled)]
            outputs = [np.asarray(keras.ops.convert_to_numpy(one)) for one in function(tensors)]
            results.append([output[: len(rows)] for output in outputs])
        return [np.concatenate(parts) for parts in zip(*results, strict=True)]


def _power_of_two(n_rows: int) -> int:
    """The smallest power of two that is not below a number of at least one."""
    return 1 << (n_rows - 1).bit_length()
