"""What the trivial baselines see of the films, and the classifier that each of them fits."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tasks.core.image_store.store import ImageStore
from tasks.core.statistics.arrays import Floats

Answers = NDArray[Any]  # (n,) bool, or class names
# The pixel statistics that the gate audits (stage `validate`); the manifest holds them
GATE_FEATURES = ("mean", "contrast", "sharpness", "noise", "border", "black_share")
MISSING_FEATURE = -1.0  # replaces a missing number; every statistic is 0 or more
N_TREES, LEAST_LEAF = 200, 5  # enough for a stable order; our choice


def predict_by_baselines(
    samples: pd.DataFrame,
    manifest: pd.DataFrame,
    store: ImageStore,
    truth: Answers,
    seed: int,
) -> dict[str, Floats]:
    """Probability of each answer for the test films, by every baseline that looks at a film.

    Args:
        samples: (n) rows of the cohort.
        manifest: Rows of the manifest, for file facts and pixel statistics.
        store: Images of the cohort.
        truth: (n,) the right answer for each film.
        seed: Seed of the forest.

    Returns:
        By the name of the baseline: (n_test, n_answers) float64 in [0, 1], answers sorted.
    """
    train, test = ((samples["split"] == split).to_numpy() for split in ("train", "test"))
    facts = manifest.drop_duplicates("image_id").set_index("image_id").loc[samples["image_id"]]
    seen: Mapping[str, tuple[Any, Floats]] = {
        "file facts (width, height, bytes)": (_straight(), _file_facts(facts)),
        "brightness and contrast of the film": (_straight(), _grey_levels(store, samples)),
        "pixel statistics of the gate (forest)": (_forest(seed), _pixel_statistics(facts)),
    }
    return {
        name: model.fit(values[train], truth[train]).predict_proba(values[test])
        for name, (model, values) in seen.items()
    }


def _straight() -> Any:
    """Logistic regression on standardised features."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def _forest(seed: int) -> Any:
    """A random forest; it finds what no straight line through the features finds.

    Source:
        Breiman, Machine Learning 45:5-32, 2001.
    """
    return RandomForestClassifier(
        n_estimators=N_TREES, min_samples_leaf=LEAST_LEAF, random_state=seed, n_jobs=1
    )


def _file_facts(facts: pd.DataFrame) -> Floats:
    """Logarithms of width, height and bytes: (n, 3) float64."""
    values: Floats = np.log(facts[["width", "height", "n_bytes"]].to_numpy(dtype=np.float64))
    return values


def _grey_levels(store: ImageStore, samples: pd.DataFrame) -> Floats:
    """Mean and standard deviation of each image's grey levels: (n, 2) float64."""
    rows = store.rows(list(samples["image_id"]))
    return np.array([[store.view(row).mean(), store.view(row).std()] for row in rows])


def _pixel_statistics(facts: pd.DataFrame) -> Floats:
    """The statistics that the gate audits: (n, 6) float64."""
    numbers = facts[list(GATE_FEATURES)].apply(pd.to_numeric, errors="coerce")
    return numbers.fillna(MISSING_FEATURE).to_numpy(dtype=np.float64)
