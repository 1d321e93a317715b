"""Fit of what new films are compared with, and of the score above which a film is novel."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # has no type hints

from tasks.core import paths
from tasks.core.decision.novelty_score import (
    NOVELTY_MEASURES,
    NoveltyReference,
    film_squares,
    standardised_squares,
    upright_halves,
)
from tasks.core.errors import EvaluationError
from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats
from tasks.evaluate.contract.axes_fit import fit_axes

_MIN_FILMS = 2  # for a deviation
_MIN_SPREAD = 0.1  # of a measure; less comes from too few validation films


def fit_novelty(
    train_features: NDArray[np.float32],
    train_images: Pixels,
    val_features: NDArray[np.float32],
    val_images: Pixels,
    max_novel_share: float,
) -> NoveltyReference:
    """Describe the training films, and choose the threshold on the validation films.

    The threshold is the highest score of validation after the floor(`max_novel_share` n) highest
    ones are left out. With fewer than 1 / `max_novel_share` validation films that is the highest
    of all: no validation film is novel, and of new ones a share of about 1 / (n + 1) will be,
    which may be more or less than was asked for. One odd film among few raises the threshold and
    hides foreign films: compare their AUROC, which needs no threshold.

    Args:
        train_features: (n_train, n_features) float32, see `inference.Inference`.
        train_images: (n_train, H, W, 1) uint8 in [0, 255]; sides of at least 16 px.
        val_features: (n_val, n_features) float32.
        val_images: (n_val, H, W, 1) uint8.
        max_novel_share: Share of the validation films that may be novel, in [0, 1).

    Raises:
        EvaluationError: There are fewer than two training or validation films.

    Source:
        Lee et al., "A simple unified framework for detecting out-of-distribution samples and
        adversarial attacks", NeurIPS 2018 (Mahalanobis distance of features), without classes as
        in Kamoi and Kobayashi, arXiv 2003.00402, 2020. Jackson and Mudholkar, Technometrics
        21(3):341-349, 1979 (what is left beside the main axes). Fisher, Annals of Eugenics
        7:179-188, 1936, with a ridge penalty (upright or not). The number of axes and the side of
        16 px were chosen on Kermany's training films, not on its test films, and on adults.
    """
    _require_films(len(train_images), len(val_images))
    squares = film_squares(train_images)
    with threadpool_limits(limits=1):  # same order of sums for any number of cores
        fitted = NoveltyReference(
            features=fit_axes(train_features.astype(np.float64)),
            levels=fit_axes(squares),
            structure=fit_axes(standardised_squares(squares)),
            upright=_fit_upright(upright_halves(squares)),
            centres=np.zeros(len(NOVELTY_MEASURES)),
            spreads=np.ones(len(NOVELTY_MEASURES)),
            threshold=math.inf,
        )
        measures = fitted.measures(val_features, val_images)
        spreads = np.maximum(measures.std(axis=0), _MIN_SPREAD)
        fitted = replace(fitted, centres=measures.mean(axis=0), spreads=spreads)
        scores = np.sort(fitted.score(val_features, val_images))
    n_novel = math.floor(max_novel_share * len(scores))
    return replace(fitted, threshold=float(scores[len(scores) - 1 - n_novel]))


def _require_films(n_train: int, n_val: int) -> None:
    if min(n_train, n_val) < _MIN_FILMS:
        raise EvaluationError(
            "the novelty score needs two training films and two validation films",
            found=f"{n_train} training films, {n_val} validation films",
            where=f"{paths.SAMPLES}, splits train and val",
            next_step="raise resample.val_share, or add films",
        )


def _fit_upright(halves: Floats) -> Floats:
    """The direction that best separates films from the same films upside down: (d,) float64."""
    ridge = np.eye(halves.shape[1])  # a cell has variance 1
    direction: Floats = np.linalg.solve(
        halves.T @ halves / len(halves) + ridge, halves.mean(axis=0)
    )
    return direction
