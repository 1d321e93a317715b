"""The table of predictions: one row per film."""

import numpy as np
import pandas as pd
import pyarrow as pa

from tasks.core.decision.decision import Decision
from tasks.core.decision.judgement import FilmCalls, call_films
from tasks.core.decision.log_odds import Logits, class_softmax
from tasks.core.errors import EvaluationError
from tasks.core.image_store.store import Pixels
from tasks.evaluate.inference import Inference

SET_SEPARATOR = "|"  # between the classes of a conformal set
_OUTCOMES = {(True, True): "TP", (False, True): "FP", (False, False): "TN", (True, False): "FN"}


def predict_films(
    films: pd.DataFrame, inference: Inference, decision: Decision, images: Pixels
) -> pd.DataFrame:
    """Call every film as validation decided.

    Args:
        films: Rows of the samples, or of an external cohort, where `label` may be null.
        inference: What the network says of them, aligned with `films`.
        decision: What validation decided for this network.
        images: (n, H, W, 1) uint8, aligned with `films`.

    Returns:
        The columns of `predictions_schema`, in the order of `films`. Without a negative class
        `positive`, `prob_positive`, `called_positive` and `outcome` are null; without a label
        `class_index`, `positive` and `outcome` are.

    Raises:
        EvaluationError: A label is not a class of the network.
    """
    raw = class_softmax(inference.logits)
    novelty = decision.novelty.score(inference.features, images)
    calls = call_films(inference.logits, inference.is_refused, novelty, decision)
    table = films.reset_index(drop=True)
    table["class_index"] = _class_index(table["label"], decision.classes)
    of_classes: dict[str, Logits] = {}
    for index, name in enumerate(decision.classes):
        of_classes[f"logit_{name}"] = inference.logits[:, index]
        of_classes[f"prob_{name}_raw"] = raw[:, index]
        of_classes[f"prob_{name}"] = calls.probabilities[:, index]
    table = table.drop(columns=list(of_classes), errors="ignore")  # of films predicted before
    table = pd.concat([table, pd.DataFrame(of_classes)], axis=1)
    _add_two_sides(table, calls, decision)
    names = np.array(decision.classes, dtype=object)
    table["called_class"] = names[calls.called_class]
    table["is_refused"] = calls.is_refused
    table["novelty"] = novelty
    table["is_novel"] = calls.is_novel
    table["class_set"] = [SET_SEPARATOR.join(names[members]) for members in calls.class_sets]
    table["is_referred"] = calls.is_referred
    return table[predictions_schema(decision.classes).names]


def _class_index(labels: pd.Series, classes: tuple[str, ...]) -> pd.Series:
    """Position of each label in the classes; null where the label is."""
    unknown = sorted(set(labels.dropna()) - set(classes))
    if unknown:
        raise EvaluationError(
            "the label of a film must be a class of the model, or null",
            found=", ".join(unknown),
            where="the films to be predicted",
            next_step=f"map them to {', '.join(classes)}, or leave these films out",
        )
    found = labels.map({name: index for index, name in enumerate(classes)})
    return found.astype("Int32" if labels.isna().any() else "int32")


def _add_two_sides(table: pd.DataFrame, calls: FilmCalls, decision: Decision) -> None:
    """Add the view "any finding against none"; nulls without a negative class."""
    if calls.prob_finding is None:
        nothing = pd.array([None] * len(table), dtype="boolean")
        table["positive"] = table["called_positive"] = nothing
        table["prob_positive"] = np.nan
        table["outcome"] = None
        return
    table["positive"] = _without_nulls(
        table["label"]
        .ne(str(decision.negative_class))
        .astype("boolean")
        .mask(table["label"].isna())
    )
    table["prob_positive"] = calls.prob_finding
    table["called_positive"] = calls.called_positive
    pairs = zip(table["positive"], table["called_positive"], strict=True)
    table["outcome"] = [None if truth is pd.NA else _OUTCOMES[truth, call] for truth, call in pairs]


def _without_nulls(column: pd.Series) -> pd.Series:
    """Plain booleans where no value is null, as a table has them that was read from a file."""
    return column if column.isna().any() else column.astype(bool)


def predictions_schema(classes: tuple[str, ...]) -> pa.Schema:
    """Columns of `data/predictions/<model>.parquet` for the given classes."""
    text = ["image_id", "path", "split", "label", "subtype", "site", "patient_id", "group_id"]
    per_class = [
        field
        for name in classes
        for field in (
            (f"logit_{name}", pa.float32()),
            (f"prob_{name}_raw", pa.float64()),
            (f"prob_{name}", pa.float64()),
        )
    ]
    return pa.schema(
        [(name, pa.string()) for name in text]
        + [("class_index", pa.int32())]
        + per_class
        + [
            ("positive", pa.bool_()),  # null without a negative class or without a label
            ("prob_positive", pa.float64()),  # 1 - probability of the negative class
            ("called_positive", pa.bool_()),  # at the operating point
            ("outcome", pa.string()),  # TP, TN, FP or FN
            ("called_class", pa.string()),  # the most probable class
            ("is_refused", pa.bool_()),  # by the guard in the network
            ("novelty", pa.float64()),  # how unlike the training films
            ("is_novel", pa.bool_()),
            ("class_set", pa.string()),  # classes of the conformal set, joined by |; may be empty
            ("is_referred", pa.bool_()),  # the set holds not one class, or novel, or refused
        ]
    )
