"""A model of three classes without a negative class, in a state of report_inputs.py."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, write_table
from tests.explained_cases import write_cases
from tests.more_results import class_view
from tests.report_inputs import MODEL
from tests.report_tables import estimate, resized

KINDS = ["COVID", "NORMAL", "VIRAL PNEUMONIA"]
NULL = estimate(None, None, None)


def without_negative_class(root: Path) -> None:
    """Turn the files below `root` into those of a model of `KINDS` without a negative class.

    Films with a `subtype` of virus are VIRAL PNEUMONIA, the other ones with a finding COVID. Every
    film of one in seven is called the class after its own.
    """
    manifest = pd.read_parquet(root / paths.MANIFEST)
    write_table(_with_kinds(manifest), MANIFEST_SCHEMA, root / paths.MANIFEST)
    samples = _with_kinds(pd.read_parquet(root / paths.SAMPLES))
    samples["class_index"] = samples["label"].map(KINDS.index).astype("int32")
    write_table(samples, SAMPLES_SCHEMA, root / paths.SAMPLES)
    write_json(root / paths.RESIZE_JSON, resized(samples) | {"regions": _regions(samples)})
    predictions = call(_with_kinds(pd.read_parquet(root / paths.predictions(MODEL))))
    predictions.to_parquet(root / paths.predictions(MODEL), index=False)
    evaluation = read_json(root / paths.evaluation(MODEL))
    evaluation |= evaluation_of_classes(predictions)
    write_json(root / paths.evaluation(MODEL), evaluation)
    baselines = [{"name": "always one class", "test": {"auroc": NULL, "accuracy": NULL}}]
    write_json(root / paths.BASELINES, baselines)
    explanations = read_json(root / paths.explanations_json(MODEL))
    changed = {"threshold": None, "missing_outcomes": []}
    folder, rng = root / paths.explanations(MODEL), np.random.default_rng(0)
    explanations |= changed | write_cases(folder, evaluation, predictions, rng)
    write_json(root / paths.explanations_json(MODEL), explanations)


def _with_kinds(films: pd.DataFrame) -> pd.DataFrame:
    is_found, is_virus = films["label"] == "PNEUMONIA", films["subtype"] == "virus"
    found = np.where(is_virus, "VIRAL PNEUMONIA", "COVID")
    return films.assign(label=films["label"].where(~is_found, pd.Series(found, films.index)))


def _regions(samples: pd.DataFrame) -> list[dict[str, Any]]:
    facts = {"n_not_found": 0, "median_confidence": 1.0, "median_share": 1.0}
    counts = samples["label"].value_counts()
    return [{"class": name, "n_films": int(counts[name]), **facts} for name in KINDS]


def call(films: pd.DataFrame) -> pd.DataFrame:
    """Call every film, one in seven wrong, with a probability of 0.5 to 0.9."""
    films = films.reset_index(drop=True)
    is_wrong = (films.index % 7 == 0).astype(int)
    called = (films["label"].map(KINDS.index) + is_wrong) % len(KINDS)
    films["called_class"] = called.map(lambda k: KINDS[k])
    prob = 0.5 + (films.index % 5) / 10
    for k, name in enumerate(KINDS):
        films[f"prob_{name}"] = np.where(called == k, prob, (1 - prob) / 2)
    nothing = dict.fromkeys(("positive", "prob_positive", "called_positive", "outcome"))
    return films.assign(**nothing)


def evaluation_of_classes(predictions: pd.DataFrame) -> dict[str, Any]:
    """The keys of evaluation.json that differ without a negative class."""
    view = {split: _view(predictions, name) for split, name in SPLIT_NAMES.items()}
    return {
        "classes": KINDS,
        "negative_class": None,
        "operating_point": {
            **{"threshold": None, "target_sensitivity": None},
            "threshold_on": {"rule": "validation", "conditions": []},
        },
        "operating_points": {},
        "per_patient": {"test": None, "validation": None},
        "prevalences": [],
        "decision_curve": [],
        "classes_view": view,
        **{split: _two_sided(predictions, name) for split, name in SPLIT_NAMES.items()},
        "subgroups": [],
    }


SPLIT_NAMES = {"test": "test", "validation": "val"}


def _view(predictions: pd.DataFrame, split: str) -> dict[str, Any]:
    films = predictions[predictions["split"] == split]
    counted = pd.crosstab(films["label"], films["called_class"])
    counted = counted.reindex(index=KINDS, columns=KINDS, fill_value=0)
    return class_view(KINDS, counted.to_numpy().tolist())


def _two_sided(predictions: pd.DataFrame, split: str) -> dict[str, Any]:
    films = predictions[predictions["split"] == split]
    counts = {"n_images": len(films), "n_patients": int(films["patient_id"].nunique())}
    metrics = ("auroc", "sensitivity", "specificity", "accuracy", "balanced_accuracy")
    return counts | {"n_positive": None, "confusion": None, **dict.fromkeys(metrics, NULL)}
