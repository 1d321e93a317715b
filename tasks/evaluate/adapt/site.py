"""One network at another place: as it is, with new statistics, a new threshold, or both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats
from tasks.evaluate.adapt.batch_norm import NormalisedNetwork
from tasks.evaluate.adapt.change_in_words import describe_change
from tasks.evaluate.adapt.reanchoring import reanchored_threshold
from tasks.evaluate.judged_films import JudgedFilms, judge_metric, paired_difference
from tasks.evaluate.metric_intervals import EstimateDict
from tasks.evaluate.repeated_inference import FilmReader

Judgement = tuple[Floats, float | None]  # probabilities (n, n_classes) and threshold

METRIC_NAMES = ("auroc", "sensitivity", "specificity", "calibration_error")
_COMPARED = METRIC_NAMES[:3]
_N_COMPARISONS = 3 * len(_COMPARED)  # three ways; their intervals are widened for a sentence


@dataclass(frozen=True)
class HomeCalls:
    """How the validation films at home are called at the operating point.

    share_called: share of films called positive. prevalence: share of films with a finding.
    """

    share_called: float
    prevalence: float


@dataclass(frozen=True)
class Site:
    """A network and the films of another place.

    images: (n, H, W, 1) uint8, in the order of `films`. home: None without a negative class.
    """

    network: NormalisedNetwork
    reader: FilmReader
    films: JudgedFilms
    images: Pixels
    home: HomeCalls | None
    alpha: float

    def probabilities(self) -> Floats:
        """Calibrated probabilities of all films by the network as it is now: (n, n_classes)."""
        return self.films.decision.calibrator.apply(self.reader.read(self.images)[0])

    def adapted(self, chosen: NDArray[np.int64]) -> Floats:
        """Probabilities of all films by the network with the statistics of some of them.

        Args:
            chosen: Positions of the films whose statistics are taken; their labels are not used.
        """
        self.network.adapt(self.images[chosen], self.alpha)
        return self.probabilities()

    def reanchored(self, probabilities: Floats, chosen: NDArray[np.int64]) -> float | None:
        """Threshold from the unlabelled scores of some films; None without a negative class."""
        scored = self.films.scored(probabilities, self.films.decision.threshold)
        if scored is None or self.home is None:
            return None
        return reanchored_threshold(scored.prob[chosen], self.home.share_called)


def judge_ways(site: Site, chosen: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Judge the four ways, each with its change against the network as it is.

    A network without batch normalisation has the two ways that leave its statistics alone. The
    network keeps the new statistics afterwards.

    Args:
        site: The network and the films.
        chosen: Positions of the films whose statistics and scores are taken.
    """
    threshold = site.films.decision.threshold
    site.network.restore()
    plain = site.probabilities()
    ways: dict[str, Judgement] = {"none": (plain, threshold)}
    if site.network.layer_names:
        adapted = site.adapted(chosen)
        ways["statistics"] = adapted, threshold
    if threshold is not None:
        ways["threshold"] = plain, site.reanchored(plain, chosen)
        if site.network.layer_names:
            ways["both"] = adapted, site.reanchored(adapted, chosen)
    return [
        {"way": name, **judged(site.films, way), **changed(site.films, ways["none"], way, name)}
        for name, way in ways.items()
    ]


def judged(films: JudgedFilms, way: Judgement) -> dict[str, Any]:
    """Threshold and metrics with intervals of one way."""
    return {"threshold": way[1]} | {name: judge_metric(name, films, *way) for name in METRIC_NAMES}


def changed(films: JudgedFilms, before: Judgement, after: Judgement, name: str) -> dict[str, Any]:
    """Changes of the metrics against the network as it is, and a sentence about them.

    Args:
        films: The judged films.
        before: The network as it is.
        after: The other way.
        name: Name of the other way.

    Returns:
        `change`, with 95 % intervals; and `finding`, whose intervals are widened so that all of a
        cohort hold together. Both are None for the network as it is.
    """
    if name == "none":
        return {"change": None, "finding": None}
    change = {one: paired_difference(one, films, before, after) for one in METRIC_NAMES}
    widened = {
        one: paired_difference(one, films, before, after, n_intervals=_N_COMPARISONS)
        for one in _COMPARED
    }
    return {"change": change, "finding": describe_change(widened)}


def point_values(
    films: JudgedFilms, way: Judgement, names: Sequence[str] = _COMPARED
) -> dict[str, float | None]:
    """Metrics of one way without intervals."""
    once = JudgedFilms(
        films.decision, films.class_index, films.patients, np.ones((1, len(films.class_index)))
    )
    found: dict[str, EstimateDict] = {name: judge_metric(name, once, *way) for name in names}
    return {name: value["value"] for name, value in found.items()}
