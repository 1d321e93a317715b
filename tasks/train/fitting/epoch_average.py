"""Stochastic weight averaging: the mean of the weights at the ends of the last epochs."""

from typing import Any

from tasks.train.fitting.batches import Batches
from tasks.train.fitting.moving_average import WeightAverage
from tasks.train.fitting.norm_statistics import estimate_statistics


class EpochAverage(WeightAverage):
    """Averages the weights at the ends of the last epochs, with equal shares.

    After the last epoch the model gets the averages, and its statistics of batch normalisation are
    estimated anew; so the last validation judges the averages. The earlier ones judge the weights.

    Args:
        n_averaged: Last epochs whose weights are averaged.
        n_epochs: Epochs of the run.
        films: Shuffled batches of training films for the statistics.

    Source: Izmailov et al., UAI 2018, arXiv 1803.05407, algorithm 1 with a cycle of one epoch. A
    rate that falls to 0 (`cosine`) moves the weights little in the last epochs, so averaging then
    changes little; the paper keeps the rate `constant` or cyclical.
    """

    def __init__(self, n_averaged: int, n_epochs: int, films: Batches) -> None:
        super().__init__()
        self._first = n_epochs - n_averaged
        self._last = n_epochs - 1
        self._films = films
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Remember the epoch, which gives the number of weights in the mean."""
        self._epoch = epoch

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Add the weights of this epoch to the mean; validate the last epoch with the mean."""
        if self._epoch < self._first:
            return
        weights = self.model.get_weights()
        if self._epoch > self._first:
            n = self._epoch - self._first + 1
            pairs = zip(self.values, weights, strict=True)
            weights = [mean + (weight - mean) / n for mean, weight in pairs]
        if self._epoch == self._last:
            self.model.set_weights(weights)
            estimate_statistics(self.model, self._films)
            weights = self.model.get_weights()
        self._averages = weights
