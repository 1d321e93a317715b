"""Predictions of a model on test films, as `read_called_films` reads and gives them."""

from typing import Any

import pandas as pd

THRESHOLD = 0.4
KINDS = ["COVID", "NORMAL", "VIRAL"]
OUTCOMES = ("TP", "TN", "FP", "FN")

# image, patient, label, called class, its probability
OF_KINDS = [
    ("a", "p1", "COVID", "COVID", 0.9),
    ("b", "p2", "COVID", "VIRAL", 0.5),
    ("c", "p3", "NORMAL", "NORMAL", 0.6),
    ("d", "p4", "VIRAL", "COVID", 0.8),
    ("e", "p5", "VIRAL", "VIRAL", 0.7),
]
MATRIX_OF_KINDS = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]


def two_sided(*rows: tuple[str, str, bool, float]) -> pd.DataFrame:
    """Test films of NORMAL and PNEUMONIA: image, patient, is it positive, its probability."""
    table = pd.DataFrame(list(rows), columns=["image_id", "patient_id", "positive", "prob"])
    table["path"] = "test/" + table["image_id"] + ".jpeg"
    table["split"] = "test"
    table["label"] = table["positive"].map({True: "PNEUMONIA", False: "NORMAL"})
    called = table["prob"] >= THRESHOLD
    right = called == table["positive"]
    table["outcome"] = right.map({True: "T", False: "F"}) + called.map({True: "P", False: "N"})
    table["called_class"] = table["call"] = called.map({True: "PNEUMONIA", False: "NORMAL"})
    table["prob_positive"] = table["prob_PNEUMONIA"] = table["prob_called"] = table["prob"]
    table["prob_NORMAL"] = 1 - table["prob"]
    table["logit_PNEUMONIA"], table["logit_NORMAL"] = table["prob"] * 4, 0.0
    return table


def of_kinds() -> pd.DataFrame:
    """Test films of three classes without a negative class."""
    columns = ["image_id", "patient_id", "label", "called_class", "prob"]
    table = pd.DataFrame(OF_KINDS, columns=columns)
    table["path"], table["split"] = "test/" + table["image_id"], "test"
    for name in KINDS:
        is_called = table["called_class"] == name
        table[f"prob_{name}"] = table["prob"].where(is_called, (1 - table["prob"]) / 2)
        table[f"logit_{name}"] = is_called.astype(float)
    return table


def evaluation(**confusion: int) -> dict[str, Any]:
    """Evaluation of a two-sided model with these counts."""
    counts = dict.fromkeys(("tp", "tn", "fp", "fn"), 0) | confusion
    return {
        "classes": ["NORMAL", "PNEUMONIA"],
        "negative_class": "NORMAL",
        "operating_point": {"threshold": THRESHOLD},
        "test": {"confusion": counts},
    }


def evaluation_of_kinds(matrix: list[list[int]]) -> dict[str, Any]:
    """Evaluation of a model of three classes without a negative class."""
    view = {"test": {"matrix": matrix}}
    return {"classes": KINDS, "negative_class": None, "classes_view": view}
