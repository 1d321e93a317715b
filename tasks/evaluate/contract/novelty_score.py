"""How unlike the training films a film is, by the features of the network and by its pixels.

Four measures are taken. Each is compared with its values on the validation films, and the most
unusual one is the novelty score:

    features    distance of the features of the network from those of the training films
    levels      the same for the grey levels of the film as a square of 16 px
    structure   what is left of that square, at mean 0 and deviation 1, after its part along the
                main directions of the training films is taken away
    upright     how much more the film looks like the training films upside down

No single one finds all foreign films. With 1 % of Kermany's validation films flagged, each alone
flags this share (2,000 training and 780 validation films of 64 px, a small network):

                                  features  levels  structure  upright   all
    upside down                       0.02    0.22       0.75     1.00  1.00
    turned to the left                0.52    1.00       1.00     0.92  1.00
    inverted grey levels              0.92    1.00       0.97     1.00  1.00
    photographs                       0.53    0.59       0.94     0.76  1.00
    drawn hands                       0.80    0.55       1.00     0.00  1.00
    drawn knees                       0.60    1.00       0.05     0.95  1.00
    adults with COVID (two packs)     0.34    0.62       0.25     0.01  0.59

A square of 16 px shows neither noise nor writing on a film; the features show them in part.
"""

import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # has no type hints

from tasks.core import paths
from tasks.core.atomic import atomic_path
from tasks.core.errors import EvaluationError
from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats
from tasks.evaluate.contract.main_axes import MainAxes, fit_axes

_SIDE_PX = 16  # 8 found fewer films that are upside down, 32 found fewer adults
_MIN_FILMS = 2  # for a deviation
_MIN_SPREAD = 0.1  # of a measure; less comes from too few validation films
_DARK = 1e-3  # deviation of the grey levels (0 to 1) of a film without contrast
_MEASURES = ("features", "levels", "structure", "upright")


@dataclass(frozen=True)
class NoveltyReference:
    """What a film is compared with, and the score above which it is novel.

    features, levels, structure: see the top of this module. upright: (128,) float64, direction
    from the films upside down to the upright ones. centres, spreads: (4,) float64, mean and
    standard deviation of each measure on the validation films. threshold: of the score.
    """

    features: MainAxes
    levels: MainAxes
    structure: MainAxes
    upright: Floats
    centres: Floats
    spreads: Floats
    threshold: float

    def score(self, features: NDArray[np.float32], images: Pixels) -> Floats:
        """Novelty of each film; a film is novel when its score is above `threshold`.

        Args:
            features: (n, n_features) float32, see `inference.Inference`.
            images: (n, H, W, 1) uint8 in [0, 255].

        Returns:
            (n,) float64: the largest of the four measures, in standard deviations of the
            validation films.
        """
        scores: Floats = ((self.measures(features, images) - self.centres) / self.spreads).max(1)
        return scores

    def measures(self, features: NDArray[np.float32], images: Pixels) -> Floats:
        """The four measures of each film, before the comparison with validation: (n, 4) float64."""
        squares = _squares(images)
        return np.column_stack(
            [
                self.features.distance(features.astype(np.float64)),
                self.levels.distance(squares),
                self.structure.residue(_standardised(squares)),
                -(_halves(squares) @ self.upright),
            ]
        )

    def save(self, path: Path) -> None:
        """Write the reference as .npz, without pickles; same reference, same bytes."""
        arrays = {name: getattr(self, name) for name in ("upright", "centres", "spreads")}
        arrays["threshold"] = np.asarray(self.threshold)
        for name in _MEASURES[:3]:
            arrays |= {f"{name}_{part}": array for part, array in vars(getattr(self, name)).items()}
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)


def load_novelty(path: Path) -> NoveltyReference:
    """Read what `NoveltyReference.save` wrote.

    Raises:
        EvaluationError: The file is missing or damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as loaded:
            arrays = dict(loaded)
        parts: dict[str, Any] = {name: arrays[name] for name in ("upright", "centres", "spreads")}
        parts |= {name: _axes_from(arrays, name) for name in _MEASURES[:3]}
        return NoveltyReference(**parts, threshold=float(arrays["threshold"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise EvaluationError(
            "the contract of a model holds what its films are compared with",
            found=f"{type(error).__name__}: {error}",
            where=str(path),
            next_step="run `dvc repro`, which writes the file again",
        ) from error


def _axes_from(arrays: Mapping[str, Floats], name: str) -> MainAxes:
    return MainAxes(*(arrays[f"{name}_{part}"] for part in MainAxes.__dataclass_fields__))


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
    squares = _squares(train_images)
    with threadpool_limits(limits=1):  # same order of sums for any number of cores
        fitted = NoveltyReference(
            features=fit_axes(train_features.astype(np.float64)),
            levels=fit_axes(squares),
            structure=fit_axes(_standardised(squares)),
            upright=_fit_upright(_halves(squares)),
            centres=np.zeros(len(_MEASURES)),
            spreads=np.ones(len(_MEASURES)),
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


def _squares(images: Pixels) -> Floats:
    """Each film as a square of mean grey levels, 0 to 1: (n, H, W, 1) -> (n, 256) float64."""
    n, height, width = images.shape[:3]
    rows, columns = (np.arange(_SIDE_PX) * size // _SIDE_PX for size in (height, width))
    sums = np.add.reduceat(images[..., 0], rows, axis=1, dtype=np.uint32)
    sums = np.add.reduceat(sums, columns, axis=2)
    areas = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
    squares: Floats = (sums / areas / 255.0).reshape(n, -1)
    return squares


def _standardised(squares: Floats) -> Floats:
    """Each square at mean 0 and standard deviation 1: exposure and contrast are gone."""
    centred = squares - squares.mean(axis=1, keepdims=True)
    scaled: Floats = centred / (squares.std(axis=1, keepdims=True) + _DARK)
    return scaled


def _halves(squares: Floats) -> Floats:
    """Each cell of the upper half minus its mirror image in the lower: (n, 256) -> (n, 128).

    A film upside down has the same numbers with the other sign.
    """
    cells = _standardised(squares).reshape(-1, _SIDE_PX, _SIDE_PX)
    halves: Floats = cells[:, : _SIDE_PX // 2] - cells[:, : _SIDE_PX // 2 - 1 : -1]
    return halves.reshape(len(squares), -1)
