"""Train one recipe and score it by each kind of validation."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.params import TrainParams
from tasks.core.statistics.auroc import auroc
from tests.studies.recipes.catalogue import Recipe
from tests.studies.recipes.cohort import Cohort, by_subtype, reweighted
from tests.studies.recipes.degraded import SOFTENED, degraded_aurocs
from tests.studies.recipes.hold_out import HELD_OUT, hold_out

TARGET_SENSITIVITY = 0.97
KINDS = ("ordinary", "degraded", "softened", "held_out", "held_out_negative")

Score = Callable[[Pixels], NDArray[np.float64]]


@dataclass(frozen=True)
class Settings:
    """Settings that all recipes share.

    negative: class that means "no finding".
    n_seeds: number of networks to average.
    more: keys of `train` for all recipes, such as epochs.
    shipped: section `train` of params.yaml.
    live_dir: folder for the learning curves.
    """

    model: str
    negative: str
    n_seeds: int
    more: dict[str, Any]
    shipped: TrainParams
    live_dir: Path


def try_recipe(
    recipe: Recipe, cohort: Cohort, settings: Settings, *, final: bool
) -> dict[str, Any]:
    """Train twice, on the split of the cohort and on the split by acquisition, and validate.

    Args:
        recipe: Recipe to train.
        cohort: Films.
        settings: Settings that all recipes share.
        final: Whether to score the test films too.

    Returns:
        AUROC values: `ordinary`; `degraded` (mean of all `conditions`), `degraded_worst` and
        `softened` (mean of the conditions in SOFTENED); `held_out`, and `held_out_negative`
        (negative films held out, with ordinary positive films). With `final`, also `test`, see
        `score_test`.
    """
    samples = cohort.samples
    score = train_score(recipe, samples, cohort.store, settings)
    val = samples[samples["split"] == "val"]
    films, positive = _films(val, cohort.store), _positive(val, settings)
    found = degraded_aurocs(score, films, positive)
    result: dict[str, Any] = {
        "recipe": recipe.name,
        "ordinary": auroc(score(films), positive),
        "degraded": float(np.mean(list(found.values()))),
        "degraded_worst": min(found.values()),
        "softened": float(np.mean([found[name] for name in SOFTENED])),
        "conditions": found,
    }
    if final:
        result["test"] = score_test(score, cohort, settings)
    return result | score_held_out(recipe, cohort, settings)


def score_held_out(recipe: Recipe, cohort: Cohort, settings: Settings) -> dict[str, float]:
    """Train without the films held out by acquisition, and score these films."""
    films = hold_out(cohort.samples, cohort.manifest, settings.negative)
    held_out = films[films["split"] == HELD_OUT]
    kept = reweighted(films[films["split"] != HELD_OUT])
    score = train_score(recipe, kept, cohort.store, settings)
    ordinary = kept[(kept["split"] == "val") & _positive(kept, settings)]
    negative = pd.concat([held_out[~_positive(held_out, settings)], ordinary])
    return {
        name: auroc(score(_films(rows, cohort.store)), _positive(rows, settings))
        for name, rows in (("held_out", held_out), ("held_out_negative", negative))
    }


def train_score(
    recipe: Recipe, samples: pd.DataFrame, store: ImageStore, settings: Settings
) -> Score:
    """Train the networks of a recipe and return their scoring function.

    Args:
        recipe: Recipe to train.
        samples: Cohort; only the splits `train` and `val` are used.
        store: Images of the cohort.
        settings: Settings that all recipes share.

    Returns:
        Function (N, H, W) uint8 -> (N,) float64: log-odds of a positive class.
    """
    from tasks.core.classifier import predict_logits
    from tasks.train.fitting.fit import fit

    if recipe.by_subtype:
        samples = by_subtype(samples, settings.negative)
    samples = samples[samples["split"].isin(["train", "val"])]
    params = recipe.params(settings.shipped, **settings.more, n_seeds=settings.n_seeds)
    run = fit(settings.model, samples, store, params, settings.live_dir)
    negative = run.classes.index(settings.negative)

    def score(films: Pixels) -> NDArray[np.float64]:
        return log_odds(predict_logits(run.model, films[..., np.newaxis]), negative)

    return score


def log_odds(logits: NDArray[np.float32], negative: int) -> NDArray[np.float64]:
    """Compute the log-odds of any positive class: (N, n_classes) float32 -> (N,) float64."""
    exact = logits.astype(np.float64)
    positive = np.delete(exact, negative, axis=1)
    odds = np.logaddexp.reduce(positive, axis=1) - exact[:, negative]
    return cast(NDArray[np.float64], odds)


def score_test(score: Score, cohort: Cohort, settings: Settings) -> dict[str, float]:
    """Score the test films: AUROC, and sensitivity and specificity at the validation threshold."""
    splits = {name: cohort.samples[cohort.samples["split"] == name] for name in ("val", "test")}
    scores = {name: score(_films(rows, cohort.store)) for name, rows in splits.items()}
    truth = {name: _positive(rows, settings) for name, rows in splits.items()}
    threshold = operating_point(scores["val"][truth["val"]])
    called = scores["test"] >= threshold
    return {
        "auroc": auroc(scores["test"], truth["test"]),
        "sensitivity": float(called[truth["test"]].mean()),
        "specificity": float((~called)[~truth["test"]].mean()),
    }


def operating_point(of_positives: NDArray[np.float64]) -> float:
    """Return the highest threshold that reaches TARGET_SENSITIVITY on positive films."""
    falling = np.sort(of_positives)[::-1]
    reached = np.arange(1, len(falling) + 1) / len(falling)
    return float(falling[np.searchsorted(reached, TARGET_SENSITIVITY)])


def picked(results: list[dict[str, Any]]) -> dict[str, str]:
    """Return the recipe that each kind of validation picks."""
    return {kind: max(results, key=lambda found: found[kind])["recipe"] for kind in KINDS}


def _films(rows: pd.DataFrame, store: ImageStore) -> Pixels:
    return store.read(rows["image_id"].tolist())[..., 0]


def _positive(rows: pd.DataFrame, settings: Settings) -> NDArray[np.bool_]:
    return (rows["label"] != settings.negative).to_numpy()
