"""Compare new films with those of the training by all features, and decide: drift or no drift."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.multiple_tests import holm
from tasks.monitor.domain_classifier import DomainResult, feature_matrix, tell_apart
from tasks.monitor.drift_tests import (
    FeatureMove,
    compare_levels,
    compare_numbers,
    smallest_visible_move,
)
from tasks.monitor.film_features import ACQUISITION, DriftFeature

_SEED = 0  # of the draws and folds: the same inbox gets the same answer
# A reader sees the film, so it is named before the file; the answers follow from both
_ORDER = ("film", "file", "network")


@dataclass(frozen=True, eq=False)
class FilmSide:
    """Films of one side, one of each patient.

    acquisition: see `acquisition_table`; of the training side, those of training films.
    validation: the same of the films that were answered; the same table for new films.
    answers: see `answer_table`. places: (n, k), see `embedding_axes`; both of the latter films.
    """

    acquisition: pd.DataFrame
    validation: pd.DataFrame
    answers: pd.DataFrame
    places: Floats


@dataclass(frozen=True)
class DriftDecision:
    """What the tests found.

    moves: of each feature that was tested; first those that have moved, the first one on top.
    domain: None with too few films. p_domain: its p value, corrected. has_drifted: whether any
    corrected p value is small enough. n_tests: tests that share the false alarms.
    visible_move: see `smallest_visible_move`, at the level of the strictest test.
    """

    moves: tuple[FeatureMove, ...]
    domain: DomainResult | None
    p_domain: float | None
    has_drifted: bool
    n_tests: int
    visible_move: float | None

    @property
    def first(self) -> FeatureMove | None:
        """The feature that has moved first; None if none has."""
        return next((move for move in self.moves if move.has_moved), None)


def decide_drift(
    reference: FilmSide,
    inbox: FilmSide,
    features: Mapping[str, DriftFeature],
    max_false_alarms: float,
) -> DriftDecision:
    """Test every feature and all of them together.

    Args:
        reference: Of the training.
        inbox: New films; at least one.
        features: From `drift_features`.
        max_false_alarms: Chance of any false alarm in an inbox like the training films.

    Source: the p values of all tests are corrected by Holm, so that the chance holds for all.
    """
    moves = [
        move
        for name, feature in features.items()
        if (move := _compare(name, feature, reference, inbox)) is not None
    ]
    matrices = feature_matrix(
        reference.validation, inbox.validation, (reference.places, inbox.places)
    )
    domain = tell_apart(*matrices, seed=_SEED)
    p_values = [move.p_value for move in moves] + ([domain.p_value] if domain else [])
    if not p_values:  # every feature has one value in all films
        return DriftDecision((), None, None, has_drifted=False, n_tests=0, visible_move=None)
    corrected = holm(np.array(p_values))
    named = [
        replace(move, p_corrected=float(p), has_moved=bool(p <= max_false_alarms))
        for move, p in zip(moves, corrected, strict=False)  # the last one is the classifier's
    ]
    return DriftDecision(
        moves=tuple(sorted(named, key=_rank)),
        domain=domain,
        p_domain=float(corrected[-1]) if domain else None,
        has_drifted=bool((corrected <= max_false_alarms).any()),
        n_tests=len(p_values),
        visible_move=smallest_visible_move(
            len(reference.acquisition), len(inbox.acquisition), max_false_alarms / len(p_values)
        ),
    )


def _compare(
    name: str, feature: DriftFeature, reference: FilmSide, inbox: FilmSide
) -> FeatureMove | None:
    part = "acquisition" if name in ACQUISITION else "answers"
    before, now = (getattr(side, part)[name] for side in (reference, inbox))
    if feature.is_category:
        return compare_levels(name, feature, before, now, _SEED)
    return compare_numbers(name, feature, before, now)


def _rank(move: FeatureMove) -> tuple[bool, int, float, str]:
    """Sort key: moved ones first, then film, file and answers, then the largest move."""
    return not move.has_moved, _ORDER.index(move.family), -move.spreads, move.feature
