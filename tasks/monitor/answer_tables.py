"""What the network answers to films, as columns that can be compared."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.decision.decision import Decision
from tasks.core.decision.judgement import FilmCalls, call_films
from tasks.core.decision.novelty_score import NOVELTY_MEASURES
from tasks.core.image_store.store import Pixels
from tasks.core.network.onnx_network import NetworkScores, OnnxNetwork
from tasks.core.statistics.arrays import Floats
from tasks.monitor.film_features import REFUSED, SCORE
from tasks.monitor.reference_file import TrainingReference

_BATCH = 64
_MOST_AXES = 16  # of the embedding; more need more films than an inbox has


def score_squares(network: OnnxNetwork, squares: Sequence[Pixels]) -> tuple[NetworkScores, Floats]:
    """Scores and novelty measures of films.

    Args:
        network: From `load_network`.
        squares: Each (S, S) uint8; at least one.

    Returns:
        The scores, and (n, 4) float64.
    """
    parts, measures = [], []
    for start in range(0, len(squares), _BATCH):
        images = np.stack(squares[start : start + _BATCH])[..., np.newaxis]
        parts.append(network.score(images))
        measures.append(network.decision.novelty.measures(parts[-1].features, images))
    scores = NetworkScores(
        logits=np.concatenate([part.logits for part in parts]),
        is_refused=np.concatenate([part.is_refused for part in parts]),
        features=np.concatenate([part.features for part in parts]),
    )
    return scores, np.concatenate(measures)


def call_scored(scores: NetworkScores, measures: Floats, decision: Decision) -> FilmCalls:
    """Call films as validation decided; see `call_films`."""
    novelty = decision.novelty
    unlike = ((measures - novelty.centres) / novelty.spreads).max(axis=1)
    return call_films(scores.logits, scores.is_refused, unlike, decision)


def validation_scores(reference: TrainingReference) -> NetworkScores:
    """Scores of the validation films of a reference."""
    return NetworkScores(reference.logits, reference.is_refused, reference.features)


def score_titles(decision: Decision) -> dict[str, str]:
    """Column and title of each score that is compared."""
    if decision.negative_class is not None:
        return {SCORE: "Probability of a finding"}
    return {_column(name): f"Probability of {name}" for name in decision.classes}


def answer_table(calls: FilmCalls, measures: Floats, decision: Decision) -> pd.DataFrame:
    """Scores, novelty measures in standard deviations of validation, and refusals.

    Args:
        calls: Of n films.
        measures: (n, 4) of the same films.
        decision: Of the network.

    Returns:
        One row per film. The score of a film that the guard refuses is missing.
    """
    unusual = (measures - decision.novelty.centres) / decision.novelty.spreads
    columns: dict[str, NDArray[np.generic]] = dict(zip(NOVELTY_MEASURES, unusual.T, strict=True))
    columns[REFUSED] = np.where(calls.is_refused, "yes", "no")
    if calls.prob_finding is not None:
        columns[SCORE] = np.where(calls.is_refused, np.nan, calls.prob_finding)
    else:
        for place, name in enumerate(decision.classes):
            known = calls.probabilities[:, place]
            columns[_column(name)] = np.where(calls.is_refused, np.nan, known)
    return pd.DataFrame(columns)


def embedding_axes(features: NDArray[np.float32], decision: Decision) -> Floats:
    """Place of films along the main directions of the embeddings of the training films.

    Args:
        features: (n, d) float32.
        decision: Of the network.

    Returns:
        (n, k) float64 in standard deviations of the training films; k of at most 16.
    """
    axes = decision.novelty.features
    along = (features.astype(np.float64) - axes.mean) @ axes.axes[:_MOST_AXES].T
    places: Floats = along / np.sqrt(np.maximum(axes.variances[:_MOST_AXES], np.finfo(float).tiny))
    return places


def _column(name: str) -> str:
    return f"prob_{name}"
