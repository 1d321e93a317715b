"""A whole repository state as the stages before `page` and `report` leave it, small and seeded."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml
from PIL import Image

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.tables import EXCLUDED_SCHEMA, MANIFEST_SCHEMA, SAMPLES_SCHEMA, write_table
from tests.report_pictures import write_explanations

ROOT = Path(__file__).parents[1]
MODEL = "minivggnet"
THRESHOLD = 0.41
# films of each outcome (TP, FN, FP, TN), worked by hand: sensitivity 62/65, specificity 87/99
TEST_OUTCOMES = {"TP": 62, "FN": 3, "FP": 12, "TN": 87}
VAL_OUTCOMES = {"TP": 38, "FN": 1, "FP": 5, "TN": 56}
TRAIN_FILMS = {"PNEUMONIA": 210, "NORMAL": 340}


def write_state(root: Path, models: tuple[str, ...] = (MODEL,)) -> None:
    """Write params.yaml and every artifact that `page` and `report` read, below `root`."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params |= {"models": list(models), "per_model": {model: {} for model in models}}
    (root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    films = cohort_films()
    write_tables(root, films)
    for number, model in enumerate(models):
        write_model(root, model, films, seed=number)


def cohort_films() -> pd.DataFrame:
    """One row per film of the cohort, two films of every fifth patient, outcome where judged."""
    rows = []
    for split, outcomes in (("val", VAL_OUTCOMES), ("test", TEST_OUTCOMES)):
        for outcome, n in outcomes.items():
            label = "PNEUMONIA" if outcome in ("TP", "FN") else "NORMAL"
            rows += [(split, label, outcome, number) for number in range(n)]
    for label, n in TRAIN_FILMS.items():
        rows += [("train", label, None, number) for number in range(n)]
    films = pd.DataFrame(rows, columns=["split", "label", "outcome", "number"])
    patients = [
        f"{r.split}-{r.label}-{r.outcome}-{r.number - r.number % 5 // 4}"
        for r in films.itertuples()
    ]
    films["patient_id"] = films["group_id"] = patients
    films["subtype"] = np.where(films["number"] % 3 == 0, "virus", "bacteria")
    films.loc[films["label"] == "NORMAL", "subtype"] = None
    films["kind"] = films["subtype"].fillna("normal")
    films["path"] = [
        f"chest_xray/{r.split}/{r.label}/person{i:04d}_{r.kind}.jpeg"
        for i, r in enumerate(films.itertuples())
    ]
    films["image_id"] = [hashlib.sha256(path.encode()).hexdigest() for path in films["path"]]
    films["given_split"] = films["split"]
    films["class_index"] = (films["label"] == "PNEUMONIA").astype("int32")
    films["sample_weight"] = 1.0
    films["n_repeats"] = 1
    films["fold"] = pd.array([None] * len(films), dtype="Int32")
    return films.sort_values("path", ignore_index=True)


def write_tables(root: Path, films: pd.DataFrame) -> None:
    """Write manifest, samples, excluded and the verdict of the gate: 3 rejected, 4 set aside."""
    aside = pd.DataFrame(
        {
            "path": [f"chest_xray/train/NORMAL/copy{n}.jpeg" for n in range(4)],
            "label": "NORMAL",
            "reason": ["duplicate", "duplicate", "duplicate", "leak"],
            "because": films["path"].iloc[0],
        }
    )
    aside["image_id"] = [hashlib.sha256(p.encode()).hexdigest() for p in aside["path"]]
    broken = pd.DataFrame(
        {
            "path": [f"chest_xray/train/NORMAL/broken{n}.jpeg" for n in range(3)],
            "image_id": ["0" * 64] * 3,
            "status": "rejected",
            "reason": ["unreadable", "unreadable", "too_small"],
        }
    )
    usable = pd.concat([films, aside.drop(columns=["reason", "because"])]).assign(status="ok")
    manifest = pd.concat([usable, broken]).sort_values("path", ignore_index=True)
    for field in MANIFEST_SCHEMA:
        if field.name not in manifest:
            manifest[field.name] = 512 if pa.types.is_integer(field.type) else None
    manifest["layout"] = "mooney"
    write_table(manifest, MANIFEST_SCHEMA, root / paths.MANIFEST)
    write_table(films, SAMPLES_SCHEMA, root / paths.SAMPLES)
    write_table(aside, EXCLUDED_SCHEMA, root / paths.EXCLUDED)
    write_json(root / paths.VALIDATION_JSON, gate(len(manifest), len(usable)))
    write_json(root / paths.RESIZE_JSON, resized(films))
    Image.linear_gradient("L").convert("RGB").save(root / paths.RESIZE_PICTURE)


def resized(films: pd.DataFrame) -> dict[str, Any]:
    """Content of `reports/resize.json`: whole films at 64 px, no common resolution."""
    facts = {"n_not_found": 0, "median_confidence": 1.0, "median_share": 1.0}
    sharpness = {"class": "NORMAL", "against": "PNEUMONIA"}
    return {
        "params": {
            "size_px": 64,
            "geometry": "stretch",
            "intensity": "none",
            "region": "none",
            "common_resolution_px": None,
        },
        "judged_on": "all films of the cohort: train, val and test",
        "n_films": len(films),
        "regions": [
            {"class": label, "n_films": int((films["label"] == label).sum()), **facts}
            for label in ("NORMAL", "PNEUMONIA")
        ],
        "lungs": None,
        "interval": "95 %, Newcombe 2006 (method 5), by number of patient groups",
        "sharpness": [{**sharpness, "before": estimate(0.811, 0.772, 0.846), "after": None}],
    }


def gate(n_rows: int, n_usable: int) -> dict[str, Any]:
    """Content of `reports/validation.json`: open, with two warnings of three expectations."""
    facts = {"group": "films", "severity": "warning", "threshold": "at most 0.05"}
    return {
        "passed": True,
        "source": {"layouts": ["mooney"]},
        "n_rows": n_rows,
        "n_usable": n_usable,
        "n_rejected": n_rows - n_usable,
        "rejected": {"unreadable": 2, "too_small": 1},
        "expectations": [
            {
                **facts,
                "name": "sides",
                "title": "No film is far wider than high",
                "passed": False,
                "observed": "2 films above 4.0",
                "n_failing": 2,
                "rows": [{"path": "chest_xray/test/NORMAL/person0001_normal.jpeg"}],
            },
            {
                **facts,
                "name": "metadata_tell_no_class",
                "title": "Facts of the file do not tell the class",
                "passed": False,
                "observed": "0.5 to 0.97",
                "n_failing": 1,
                "rows": [{"finding": "File size alone tells the class", "auroc": 0.97}],
            },
            {
                **facts,
                "name": "rejected",
                "title": "Few files are rejected",
                "passed": True,
                "observed": "0.004",
                "n_failing": 0,
                "rows": [],
            },
        ],
    }


def write_model(root: Path, model: str, films: pd.DataFrame, seed: int) -> None:
    """Write contract, metrics, predictions, curves and explanations of one model."""
    rng = np.random.default_rng(seed)
    predictions = predict(films, rng)
    target = root / paths.predictions(model)
    target.parent.mkdir(parents=True, exist_ok=True)
    predictions.to_parquet(target, index=False)
    write_json(root / paths.metrics(model), metrics_of(model, predictions))
    write_json(root / paths.model_dir(model) / "model.json", contract_of(model))
    write_curves(root / paths.training_dir(model), rng)
    Image.linear_gradient("L").save(root / paths.augmentation(model))
    write_explanations(
        root / paths.explanations(model), metrics_of(model, predictions), predictions, rng
    )


def predict(films: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Predictions that end in the outcomes written in `films`."""
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
    judged["prob_PNEUMONIA_raw"] = 1 / (1 + np.exp(-logit))
    judged["prob_NORMAL_raw"] = 1 - judged["prob_PNEUMONIA_raw"]
    return judged.drop(columns=["number", "given_split", "sample_weight", "n_repeats", "fold"])


def metrics_of(model: str, predictions: pd.DataFrame) -> dict[str, Any]:
    """Content of metrics.json; counts are those of the predictions, intervals are literal."""
    return {
        "model": model,
        "classes": ["NORMAL", "PNEUMONIA"],
        "negative_class": "NORMAL",
        "operating_point": {
            "threshold": THRESHOLD,
            "target_sensitivity": 0.97,
            "chosen_on": "validation",
            "rule": "highest threshold with that sensitivity",
        },
        "calibration": {"temperature": 1.31, "fitted_on": "validation"},
        "test": _split_metrics(predictions[predictions["split"] == "test"], TEST_OUTCOMES, 0.0),
        "validation": _split_metrics(
            predictions[predictions["split"] == "val"], VAL_OUTCOMES, 0.01
        ),
        "subgroups": [
            _group("bacteria", 43, 38, sensitivity=estimate(0.977, 0.92, 1.0)),
            _group("virus", 22, 20, sensitivity=estimate(0.909, 0.77, 1.0)),
            _group("NORMAL", 99, 82, specificity=estimate(0.879, 0.81, 0.94)),
        ],
        "baselines": [
            _baseline("always positive", 0.5, 0.396),
            _baseline("file facts (width, height, bytes)", 0.561, 0.58),
            _baseline("brightness and contrast", 0.742, 0.69),
        ],
    }


def estimate(value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    """An estimate as the metrics hold it."""
    return {"value": value, "low": low, "high": high}


def contract_of(model: str) -> dict[str, Any]:
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
    }


def write_curves(folder: Path, rng: np.random.Generator) -> None:
    """Write DVCLive's TSV of each curve, 15 epochs."""
    epochs = np.arange(15)
    fall = 0.65 * np.exp(-epochs / 4)
    curves = {
        "train/loss": 0.1 + fall + rng.normal(0, 0.01, 15),
        "eval/loss": 0.16 + fall + rng.normal(0, 0.05, 15),
        "train/accuracy": 0.96 - fall / 2 + rng.normal(0, 0.01, 15),
        "eval/accuracy": 0.93 - fall / 2 + rng.normal(0, 0.03, 15),
    }
    for name, values in curves.items():
        path = folder / "plots" / "metrics" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pd.DataFrame({"step": epochs, path.stem: values})
        table.to_csv(path, sep="\t", index=False)


def _split_metrics(films: pd.DataFrame, outcomes: dict[str, int], lift: float) -> dict[str, Any]:
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


def _group(name: str, n_images: int, n_patients: int, **metric: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "split": "test", "n_images": n_images, "n_patients": n_patients, **metric}


def _baseline(name: str, auroc: float, accuracy: float) -> dict[str, Any]:
    return {
        "name": name,
        "test": {
            "auroc": estimate(auroc, max(auroc - 0.08, 0.0), auroc + 0.08),
            "accuracy": estimate(accuracy, accuracy - 0.07, accuracy + 0.07),
        },
    }
