"""Which channels tell the classes apart, tested on validation films."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.multiple_tests import holm

LEVEL = 0.05  # of the corrected p; by convention (Fisher, Statistical Methods, 1925)

_ClassIndices = NDArray[np.intp]


@dataclass(frozen=True)
class ChannelTests:
    """How well the mean activation of each channel of a layer tells one class from the rest.

    aurocs: (n,) float64; above 0.5 if the channel responds more to the class.
    classes: (n,) index of the class that the channel tells best from the rest.
    p_values: (n,) float64, corrected over all channels and classes of the network.
    """

    aurocs: Floats
    classes: _ClassIndices
    p_values: Floats

    @property
    def order(self) -> list[int]:
        """Channels, the most telling first; equal ones by number."""
        return [int(channel) for channel in np.argsort(-np.abs(self.aurocs - 0.5), kind="stable")]

    @property
    def telling(self) -> Bools:
        """Whether each channel tells its class from the rest: (n,)."""
        return self.p_values < LEVEL


def compare_channels(
    means: Sequence[NDArray[np.float32]], labels: Sequence[str], classes: Sequence[str]
) -> list[ChannelTests]:
    """Test every channel of a network: one class against the rest.

    Of two classes the second is tested, as the first gives the same numbers mirrored. Every film
    counts as one: films of one patient are alike, which makes p smaller than it should be.

    Args:
        means: Mean activations of each layer, (N, n_channels), from `record_channel_means`.
        labels: N names of classes.
        classes: All names, in the order of the logits.

    Returns:
        One for each layer. A channel that is equal on all films, and a class without films or
        without other films, have an AUROC of 0.5 and p = 1.

    Source:
        Mann and Whitney, Annals of Mathematical Statistics 18:50-60, 1947, with the normal
        approximation for ties; the AUROC is U / (n1 n2). Corrected as Holm 1979.
    """
    names = np.asarray(labels, dtype=np.str_)
    tested = list(range(len(classes)))[1 if len(classes) == 2 else 0 :]
    members = [names == classes[index] for index in tested]
    results = [[_rank_test(layer, member) for member in members] for layer in means]
    shapes = [(len(tested), layer.shape[1]) for layer in means]
    raw = [np.concatenate([p for _, p in layer]) for layer in results]
    ends = np.cumsum([len(values) for values in raw])[:-1]
    corrected = np.split(holm(np.concatenate(raw)), ends)
    return [
        _best(np.stack([auroc for auroc, _ in layer]), p.reshape(shape), np.array(tested))
        for layer, p, shape in zip(results, corrected, shapes, strict=True)
    ]


def n_tests(tests: Sequence[ChannelTests], n_classes: int) -> int:
    """Number of tests that were made: channels, times classes if there are more than two."""
    n_channels = sum(len(layer.aurocs) for layer in tests)
    return n_channels * (1 if n_classes == 2 else n_classes)


def _best(aurocs: Floats, p_values: Floats, tested: _ClassIndices) -> ChannelTests:
    """The class that each channel tells best: aurocs, p_values (n_tested, n)."""
    best = np.abs(aurocs - 0.5).argmax(axis=0)
    channels = np.arange(aurocs.shape[1])
    return ChannelTests(aurocs[best, channels], tested[best], p_values[best, channels])


def _rank_test(means: NDArray[np.float32], member: Bools) -> tuple[Floats, Floats]:
    """AUROC and p of each channel: means (N, n), member (N,)."""
    aurocs, p_values = np.full(means.shape[1], 0.5), np.ones(means.shape[1])
    varies = np.ptp(means, axis=0) > 0 if len(means) else np.zeros(means.shape[1], dtype=bool)
    n_pairs = int(member.sum()) * int((~member).sum())
    if n_pairs and varies.any():
        values = means[:, varies].astype(np.float64)
        found = mannwhitneyu(values[member], values[~member], axis=0, method="asymptotic")
        aurocs[varies], p_values[varies] = found.statistic / n_pairs, found.pvalue
    return aurocs, p_values
