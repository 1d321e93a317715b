"""Evaluate four models on 5,856 films with 2,000 resamples, beyond what their networks say.

Run    python -m tests.benchmarks.evaluation
"""

import logging
import sys
import time
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.decision.conformal_sets import ConformalSets
from tasks.core.decision.decision import Decision
from tasks.evaluate.abstention import evaluate_abstention
from tasks.evaluate.calibration_report import report_calibration
from tasks.evaluate.evaluation import build_evaluation
from tasks.evaluate.subgroups import evaluate_subgroups
from tests.cohorts import evaluate_params, manifest_of
from tests.decisions import decision, operating_point
from tests.predicted_films import predicted_films

N_FILMS = 5_856  # of Kermany's set; here all of them are held out, half for validation
FILMS_PER_PATIENT = 2
N_MODELS = 4
N_RESAMPLES = 2_000
LIMIT_S = 60.0
CLASSES = ("BACTERIA", "NORMAL", "VIRUS")
THRESHOLDS = {
    "half": 0.5,
    "youden": 0.45,
    "target_sensitivity": 0.2,
    "target_specificity": 0.7,
    "cost_weighted": 0.17,
}

logger = logging.getLogger("benchmarks")


def evaluate_vs_limit() -> dict[str, Any]:
    """Divide the limit of 60 s by the time of four evaluations."""
    params = evaluate_params(n_bootstrap=N_RESAMPLES, prevalences=[0.05, 0.2, 0.5])
    decided = three_class_decision()
    elapsed_s = 0.0
    for seed in range(N_MODELS):
        films = synthetic_predictions(decided, seed)
        test, manifest = films[films["split"] == "test"], synthetic_manifest(films)
        start_s = time.perf_counter()
        build_evaluation(films, decided, params)
        report_calibration(test, decided, params)
        evaluate_abstention(test, decided, params)
        evaluate_subgroups(test, manifest, params)
        elapsed_s += time.perf_counter() - start_s
    return {
        "ratio": LIMIT_S / elapsed_s,
        "against": f"a limit of {LIMIT_S:g} s for {N_MODELS} models with three classes, {N_FILMS:,}"
        f" validation and test films and {N_RESAMPLES:,} resamples, without inference",
        "command": "make bench",
    }


def three_class_decision() -> Decision:
    """Return a decision with three classes and every operating point."""
    return decision(
        classes=CLASSES,
        conformal=ConformalSets(coverage=0.9, quantiles=(0.6, 0.6, 0.6)),
        operating_points=tuple(operating_point(name, at) for name, at in THRESHOLDS.items()),
    )


def synthetic_predictions(decided: Decision, seed: int) -> pd.DataFrame:
    """Make the predictions of a model that is right in about three of four films."""
    rng = np.random.default_rng(seed)
    parts = []
    for split in ("val", "test"):
        patients = np.arange(N_FILMS // 2) // FILMS_PER_PATIENT
        truth = rng.integers(0, len(CLASSES), patients[-1] + 1)[patients]
        logits = rng.normal(0, 1, (len(truth), len(CLASSES))) + 1.5 * np.eye(len(CLASSES))[truth]
        prob = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        labels = [CLASSES[k] for k in truth]
        parts.append(predicted_films(decided, labels, prob, patients.tolist(), split))
    return pd.concat(parts, ignore_index=True)


def synthetic_manifest(films: pd.DataFrame) -> pd.DataFrame:
    """Make a manifest whose films differ in size, sharpness and compression."""
    manifest = manifest_of(films.assign(given_split=films["split"]))
    rng = np.random.default_rng(0)
    manifest["width"] = rng.integers(600, 2000, len(manifest))
    manifest["n_bytes"] = rng.integers(20_000, 900_000, len(manifest))
    return manifest


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    entry = evaluate_vs_limit()
    logger.info("%.2f x %s", entry["ratio"], entry["against"])
