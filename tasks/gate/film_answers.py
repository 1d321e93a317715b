"""What a network answers about the compared films."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.decision.judgement import call_films
from tasks.core.image_store.store import Pixels
from tasks.core.network.onnx_network import OnnxNetwork
from tasks.core.statistics.arrays import Bools, Floats

_CHUNK = 256  # films at a time: 256 squares of 512 px take 64 MB


@dataclass(frozen=True, eq=False)
class FilmAnswers:
    """Answers of a network about n films.

    probabilities: (n, n_classes) float64, calibrated. called_class: (n,) position of the most
    probable class. prob_finding: (n,) float64; called: (n,) whether it reaches the threshold of
    the contract; both None without a negative class. is_refused: (n,) films that get no answer: a
    person must read them, so each counts as called a finding, with probability 1.
    """

    probabilities: Floats
    called_class: NDArray[np.int64]
    prob_finding: Floats | None
    called: Bools | None
    is_refused: Bools


def answers_of(network: OnnxNetwork, squares: Pixels) -> FilmAnswers:
    """Score films with ONNX Runtime, and call them as validation decided.

    Args:
        network: From `load_network`.
        squares: (n, S, S, 1) uint8, n of at least 1.

    Raises:
        ScreeningError: The size of the squares is not that of the training.
    """
    starts = range(0, len(squares), _CHUNK)
    scores = [network.score(squares[start : start + _CHUNK]) for start in starts]
    refused = np.concatenate([one.is_refused for one in scores])
    logits = np.concatenate([one.logits for one in scores])
    # Novelty refers a film to a reader; it changes no call
    calls = call_films(logits, refused, np.zeros(len(refused)), network.decision)
    found, called = calls.prob_finding, calls.called_positive
    return FilmAnswers(
        probabilities=calls.probabilities,
        called_class=calls.called_class,
        prob_finding=None if found is None else np.where(refused, 1.0, found),
        called=None if called is None else called | refused,
        is_refused=refused,
    )
