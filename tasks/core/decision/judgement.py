"""How validation's decision calls films, and which of them it leaves to a radiologist."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.decision.decision import Decision
from tasks.core.decision.log_odds import Logits
from tasks.core.statistics.arrays import Bools, Floats

# Why a film is left to a radiologist; a film may have several reasons
SET_OF_SEVERAL = "set_of_several"  # more than one class is plausible
EMPTY_SET = "empty_set"  # no class is
NOVEL = "novel"  # unlike the training films
REFUSED_BY_GUARD = "refused_by_guard"  # the guard in the network finds no film in the image


@dataclass(frozen=True)
class FilmCalls:
    """The calls of n films.

    probabilities: (n, n_classes) float64 in [0, 1], calibrated. called_class: (n,) int64, position
    of the most probable class. class_sets: (n, n_classes) classes in the conformal set. is_novel,
    is_refused: (n,). prob_finding: (n,) float64, 1 - probability of the negative class;
    called_positive: (n,) whether it reaches the threshold of the operating point; both None
    without a negative class.
    """

    probabilities: Floats
    called_class: NDArray[np.int64]
    class_sets: Bools
    is_novel: Bools
    is_refused: Bools
    prob_finding: Floats | None
    called_positive: Bools | None

    @property
    def is_referred(self) -> Bools:
        """Films left to a radiologist: (n,). Their set holds not one class, or see the flags."""
        referred: Bools = (self.class_sets.sum(axis=1) != 1) | self.is_novel | self.is_refused
        return referred

    def refer_reasons(self, row: int) -> tuple[str, ...]:
        """Codes of why one film is left to a radiologist; empty if it is not.

        Args:
            row: Number of the film, 0 to n - 1.
        """
        n_classes = int(self.class_sets[row].sum())
        holds = {
            SET_OF_SEVERAL: n_classes > 1,
            EMPTY_SET: n_classes == 0,
            NOVEL: bool(self.is_novel[row]),
            REFUSED_BY_GUARD: bool(self.is_refused[row]),
        }
        return tuple(reason for reason, is_true in holds.items() if is_true)


def call_films(logits: Logits, is_refused: Bools, novelty: Floats, decision: Decision) -> FilmCalls:
    """Call films as validation decided.

    Args:
        logits: (n, n_classes) float32, finite.
        is_refused: (n,) whether the guard in the network refuses the film.
        novelty: (n,) float64, from `decision.novelty.score`.
        decision: What validation decided for this network.
    """
    probabilities = decision.calibrator.apply(logits)
    prob_finding = called_positive = None
    threshold = decision.threshold
    if decision.negative_class is not None and threshold is not None:
        prob_finding = 1.0 - probabilities[:, decision.classes.index(decision.negative_class)]
        called_positive = prob_finding >= threshold
    return FilmCalls(
        probabilities=probabilities,
        called_class=probabilities.argmax(axis=1),
        class_sets=decision.conformal.sets(probabilities),
        is_novel=novelty > decision.novelty.threshold,
        is_refused=is_refused,
        prob_finding=prob_finding,
        called_positive=called_positive,
    )
