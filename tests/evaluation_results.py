"""What the evaluation stages find about one model, small and with fixed numbers."""

from pathlib import Path

import numpy as np
import pandas as pd

from tasks.core import paths
from tasks.core.atomic import write_json, write_text
from tasks.core.image_store.builder import write_store
from tests.more_results import (
    LABELS,
    Json,
    adaptation,
    around,
    comparison,
    error_book,
    external,
    robustness,
)
from tests.report_tables import estimate

SIDE_PX = 32
POINTS = ("half", "youden", "target_sensitivity", "target_specificity", "cost_weighted")


def write_evaluation_state(root: Path, model: str, evaluation: Json, films: pd.DataFrame) -> None:
    """Write all that the page reads beyond `evaluation.json` and the baselines.

    Args:
        root: Folder of the run.
        model: Name of the model.
        evaluation: Content of evaluation.json; written with its new keys.
        films: Cohort; the error book names some of its test and training films.
    """
    write_json(root / paths.evaluation(model), evaluation | more_of_evaluation(evaluation))
    write_json(root / paths.decision_file(model), {"model": model, "sha256": "c0ffee" * 10})
    write_json(root / paths.external_evaluation(model), external(evaluation))
    write_json(root / paths.adaptation(model), adaptation())
    write_json(root / paths.robustness(model), robustness())
    write_json(root / paths.error_book(model), error_book(films))
    write_json(root / paths.COMPARISON, comparison(model))
    write_json(root / paths.LABELS_JSON, LABELS)
    ledger = "model,reading,model_sha256,contract_sha256,films_sha256,commit\n"
    rows = "".join(f"{model},evaluate,a,b,c,{commit}\n" for commit in ("d1", "d2", "d3"))
    write_text(root / paths.TEST_LEDGER, f"{ledger}{rows}other,evaluate,a,b,c,d1\n")
    write_squares(root / paths.IMAGES, films)


def more_of_evaluation(evaluation: Json) -> Json:
    """The keys of evaluation.json that only the page of the model reads."""
    classes = evaluation["classes"]
    test = evaluation["test"] | {"mcc": around(0.81), "log_loss": around(0.24)}
    validation = evaluation["validation"] | {"mcc": around(0.85), "log_loss": around(0.2)}
    return {
        "test": test,
        "validation": validation,
        "operating_points": {name: operating_point(name) for name in POINTS},
        "per_patient": {split: per_patient() for split in ("test", "validation")},
        "prevalences": [
            {"prevalence": share, "ppv": around(0.3 + share), "npv": around(0.99 - share / 10)}
            for share in (0.05, 0.2, 0.5)
        ],
        "decision_curve": [
            {
                "threshold": t / 20,
                "net_benefit": around(0.39 - t / 80),
                "treat_all": around(0.4 - t / 25),
            }
            for t in range(1, 20)
        ],
        "calibration": calibration(),
        "abstention": abstention(classes),
        "subgroups": subgroups(),
    }


def operating_point(name: str) -> Json:
    metrics = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "f1")
    return {
        "threshold": 0.41,
        "rule": name,
        "chosen": name == "target_sensitivity",
        "validation": {metric: around(0.93) for metric in metrics},
        "test": {metric: around(0.91) for metric in metrics},
    }


def per_patient() -> Json:
    metrics = {name: around(0.92) for name in ("auroc", "sensitivity", "specificity", "accuracy")}
    return {
        "rule": "A patient has a finding if one film has.",
        "n_patients": 134,
        "n_positive": 52,
    } | metrics


def calibration() -> Json:
    bins = [
        {"mean_probability": p, "frequency": p**1.2, "n_images": 20, "low": p / 2, "high": p**0.5}
        for p in (0.05, 0.2, 0.5, 0.8, 0.95)
    ]
    scores = {"ece": around(0.04, 0.02), "log_loss": around(0.25), "brier": around(0.07, 0.02)}
    return {
        "method": "temperature",
        "temperature": 1.31,
        "temperature_limits": [0.0498, 20.09],
        "is_at_edge": False,
        "fitted_on": "validation",
        "chosen_by": "log loss on validation, over folds",
        "candidates": [{"method": name, "log_loss": 0.3} for name in ("none", "temperature")],
        "before": scores,
        "after": scores,
        "reliability": {"before": bins, "after": bins},
    }


def abstention(classes: list[str]) -> Json:
    return {
        "coverage": 0.9,
        "per_class": [{"name": name, "n_images": 80, "coverage": around(0.91)} for name in classes],
        "overall": around(0.91),
        "set_sizes": {"0": 4, "1": 150, "2": 10},
        "referred": around(0.09),
        "accuracy_of_kept": around(0.95),
        "risk_coverage": [{"coverage": c / 10, "risk": c / 100} for c in range(1, 11)],
        "novelty": {
            "threshold": 0.98,
            "flagged": around(0.01, 0.01),
            "probes": [
                {
                    "name": "films upside down",
                    "n_images": 100,
                    "flagged": around(0.35),
                    "auroc": around(0.8),
                },
                {
                    "name": "photographs",
                    "n_images": 50,
                    "flagged": around(0.95),
                    "auroc": around(0.99),
                },
            ],
        },
    }


def subgroups() -> list[Json]:
    return [
        {
            "attribute": "subtype",
            "name": "virus",
            "split": "test",
            "n_images": 22,
            "n_patients": 20,
            "sensitivity": estimate(0.909, 0.77, 1.0),
            "difference": estimate(-0.07, -0.2, 0.05),
            "p": 0.21,
            "p_corrected": 0.84,
            "is_small": True,
        },
        {
            "attribute": "class",
            "name": "NORMAL",
            "split": "test",
            "n_images": 99,
            "n_patients": 82,
            "specificity": estimate(0.879, 0.81, 0.94),
            "difference": estimate(None, None, None),
            "p": None,
            "p_corrected": None,
            "is_small": False,
        },
    ]


def write_squares(folder: Path, films: pd.DataFrame) -> None:
    """Write a square of noise for each film."""
    rng = np.random.default_rng(0)
    ids = sorted(films["image_id"])
    pixels = rng.integers(0, 256, (len(ids), SIDE_PX, SIDE_PX), dtype=np.uint8)
    write_store(folder, ids, SIDE_PX, pixels)
