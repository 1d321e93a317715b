"""All results that `page` and `report` read, small and with a fixed seed."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from PIL import Image

from tasks.core import paths
from tasks.core.atomic import write_json
from tests.evaluation_results import write_evaluation_state
from tests.explained_cases import write_films
from tests.more_results import class_view
from tests.report_pictures import write_explanations
from tests.report_tables import (
    TEST_OUTCOMES,
    VAL_OUTCOMES,
    cohort_films,
    estimate,
    write_tables,
)

ROOT = Path(__file__).parents[1]
MODEL = "minivggnet"
CLASSES = ["NORMAL", "PNEUMONIA"]
THRESHOLD = 0.41
BASELINES = {  # AUROC and accuracy
    "always positive": (0.5, 0.396),
    "file facts (width, height, bytes)": (0.561, 0.58),
    "brightness and contrast": (0.742, 0.69),
}
# The sensitivity falls to 0.93 where films are darker, and rises to 0.99 where they are brighter
THRESHOLD_ON = {
    "rule": "conditions_mean",
    "conditions": [
        {
            "name": name,
            "sensitivity": estimate(found, found - 0.02, found + 0.01),
            "specificity": estimate(1.87 - found, 1.85 - found, 1.88 - found),
        }
        for name, found in (("unchanged", 0.97), ("darker", 0.93), ("lighter", 0.99))
    ],
}


def write_state(
    root: Path, models: tuple[str, ...] = (MODEL,), *, is_synthetic: bool = True
) -> None:
    """Write params.yaml and every file that `page` and `report` read, below `root`."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params |= {"models": list(models), "per_model": {model: {} for model in models}}
    (root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    films = cohort_films()
    write_tables(root, films, is_synthetic=is_synthetic)
    write_json(root / paths.BASELINES, baselines())
    write_films(root, films[films["split"] == "test"], is_synthetic=is_synthetic)
    for number, model in enumerate(models):
        write_model(root, model, films, seed=number, is_synthetic=is_synthetic)


def write_model(
    root: Path, model: str, films: pd.DataFrame, seed: int, *, is_synthetic: bool = True
) -> None:
    """Write description, evaluation, predictions, training history and explanations of a model."""
    rng = np.random.default_rng(seed)
    predictions = predict(films, rng)
    target = root / paths.predictions(model)
    target.parent.mkdir(parents=True, exist_ok=True)
    predictions.to_parquet(target, index=False)
    evaluation = evaluation_of(model, predictions, is_synthetic=is_synthetic)
    write_json(root / paths.evaluation(model), evaluation)
    write_json(root / paths.contract_file(paths.model_dir(model)), description_of(model))
    write_history(root / paths.training_history(model), rng)
    Image.linear_gradient("L").save(root / paths.augmentation(model))
    write_explanations(root / paths.explanations(model), evaluation, predictions, rng)
    write_evaluation_state(root, model, evaluation, films)


def predict(films: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Predictions with the outcomes that `films` states."""
    judged = films[films["split"] != "train"].sort_values(["split", "image_id"]).copy()
    called = judged["outcome"].isin(["TP", "FP"]).to_numpy()
    wrong = judged["outcome"].isin(["FN", "FP"]).to_numpy()
    depth = rng.beta(np.where(wrong, 1.2, 3.5), np.where(wrong, 3.0, 1.0))
    prob = np.where(called, THRESHOLD + depth * (1 - THRESHOLD), THRESHOLD * (1 - depth) * 0.999)
    logit = np.log(prob / (1 - prob)) * 1.7
    judged["positive"] = judged["label"] == "PNEUMONIA"
    judged["called_positive"] = called
    judged["prob_positive"] = prob
    judged["prob_PNEUMONIA"], judged["prob_NORMAL"] = prob, 1 - prob
    judged["called_class"] = np.where(prob >= 0.5, "PNEUMONIA", "NORMAL")
    judged["prob_PNEUMONIA_raw"] = 1 / (1 + np.exp(-logit))
    judged["prob_NORMAL_raw"] = 1 - judged["prob_PNEUMONIA_raw"]
    return judged.drop(columns=["number", "given_split", "sample_weight", "n_repeats", "fold"])


def evaluation_of(
    model: str, predictions: pd.DataFrame, *, is_synthetic: bool = True
) -> dict[str, Any]:
    """Content of evaluation.json. Counts agree with the predictions, intervals are fixed."""
    return {
        "model": model,
        "is_synthetic": is_synthetic,
        "classes": CLASSES,
        "negative_class": "NORMAL",
        "operating_point": {
            "threshold": THRESHOLD,
            "name": "target_sensitivity",
            "target_sensitivity": 0.97,
            "chosen_on": "validation",
            "threshold_on": THRESHOLD_ON,
            "rule": "highest threshold with that sensitivity",
        },
        "calibration": {"method": "temperature", "temperature": 1.31, "fitted_on": "validation"},
        "test": _scores(predictions[predictions["split"] == "test"], TEST_OUTCOMES, 0.0),
        "validation": _scores(predictions[predictions["split"] == "val"], VAL_OUTCOMES, 0.01),
        "classes_view": {
            "test": class_view(CLASSES, _matrix(TEST_OUTCOMES)),
            "validation": class_view(CLASSES, _matrix(VAL_OUTCOMES)),
        },
        "subgroups": [
            _group("bacteria", 43, 38, sensitivity=estimate(0.977, 0.92, 1.0)),
            _group("virus", 22, 20, sensitivity=estimate(0.909, 0.77, 1.0)),
            _group("NORMAL", 99, 82, specificity=estimate(0.879, 0.81, 0.94)),
        ],
    }


def baselines() -> list[dict[str, Any]]:
    """Content of baselines.json."""
    return [
        {
            "name": name,
            "test": {
                "auroc": estimate(auroc, auroc - 0.08, auroc + 0.08),
                "accuracy": estimate(accuracy, accuracy - 0.07, accuracy + 0.07),
            },
        }
        for name, (auroc, accuracy) in BASELINES.items()
    ]


def description_of(model: str) -> dict[str, Any]:
    """Content of model.json."""
    return {
        "model": model,
        "size_px": 64,
        "classes": ["NORMAL", "PNEUMONIA"],
        "n_parameters": 8_459_458,
        "precision": "float32",
        "seed": 0,
        "n_seeds": 1,
        "epochs_run": 15,
        "best_epoch": 12,
        "input": {"dtype": "uint8", "range": [0, 255], "channels": 1, "polarity": "bright = dense"},
        "refusals": {"reasons": {"inverted": "grey levels inverted", "upside_down": "turned"}},
    }


def write_history(folder: Path, rng: np.random.Generator) -> None:
    """Write loss and accuracy of 15 epochs, as DVCLive does."""
    epochs = np.arange(15)
    fall = 0.65 * np.exp(-epochs / 4)
    history = {
        "train/loss": 0.1 + fall + rng.normal(0, 0.01, 15),
        "eval/loss": 0.16 + fall + rng.normal(0, 0.05, 15),
        "train/accuracy": 0.96 - fall / 2 + rng.normal(0, 0.01, 15),
        "eval/accuracy": 0.93 - fall / 2 + rng.normal(0, 0.03, 15),
    }
    for name, values in history.items():
        path = folder / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pd.DataFrame({"step": epochs, path.stem: values})
        table.to_csv(path, sep="\t", index=False)


def _scores(films: pd.DataFrame, outcomes: dict[str, int], lift: float) -> dict[str, Any]:
    tp, fn, fp, tn = (outcomes[name] for name in ("TP", "FN", "FP", "TN"))
    n = tp + fn + fp + tn
    return {
        "n_images": n,
        "n_patients": int(films["patient_id"].nunique()),
        "n_positive": tp + fn,
        "confusion": {"tp": tp, "fp": fp, "tn": tn, "fn": fn},
        "auroc": estimate(0.972 + lift, 0.947 + lift, 0.988 + lift),
        "average_precision": estimate(0.961, 0.925, 0.984),
        "sensitivity": estimate(tp / (tp + fn), tp / (tp + fn) - 0.06, tp / (tp + fn) + 0.02),
        "specificity": estimate(tn / (tn + fp), tn / (tn + fp) - 0.08, tn / (tn + fp) + 0.06),
        "accuracy": estimate((tp + tn) / n, 0.861, 0.951),
        "balanced_accuracy": estimate(0.916, 0.869, 0.955),
        "ppv": estimate(tp / (tp + fp), 0.75, 0.912),
        "npv": estimate(tn / (tn + fn), 0.922, 1.0),
        "f1": estimate(2 * tp / (2 * tp + fp + fn), 0.83, 0.935),
        "brier": estimate(0.071, 0.052, 0.094),
        "calibration_error": estimate(0.058, 0.041, 0.09),
    }


def _matrix(outcomes: dict[str, int]) -> list[list[int]]:
    """Films by label and call, in the order of `CLASSES`."""
    return [[outcomes["TN"], outcomes["FP"]], [outcomes["FN"], outcomes["TP"]]]


def _group(name: str, n_images: int, n_patients: int, **metric: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "split": "test", "n_images": n_images, "n_patients": n_patients, **metric}
