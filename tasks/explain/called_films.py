"""Read the calls of one model on test films, and check that they are those of its evaluation."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tasks.core.errors import TableError
from tasks.core.tables import OUTCOMES, read_table

CALLS = ("right", "wrong")  # outcomes without a negative class: the called class is the true one
_TEXT = ("image_id", "path", "split", "label", "patient_id", "called_class")
_TWO_SIDED = [("positive", pa.bool_()), ("prob_positive", pa.float64()), ("outcome", pa.string())]


def outcomes_of(evaluation: dict[str, Any]) -> tuple[str, ...]:
    """Outcomes that a film of this model may have: content of `evaluation.json`."""
    return CALLS if evaluation["negative_class"] is None else OUTCOMES


def read_called_films(path: Path, evaluation: dict[str, Any]) -> pd.DataFrame:
    """Read the test rows of a predictions table and compare them with the evaluation.

    Args:
        path: `data/predictions/<model>.parquet`.
        evaluation: Content of `reports/<model>/evaluation.json`.

    Returns:
        The test rows, sorted by image id, with `outcome` (one of `outcomes_of`), `call` (the class
        that the film is called at the operating point: the negative class, or the most probable
        finding; without a negative class, the most probable class) and `prob_called` float64, the
        probability of a finding, or of the called class without a negative class.

    Raises:
        TableError: A column is missing, there is no test film, an outcome does not follow from
            the threshold, or the counts differ from the confusion matrix.
    """
    classes: list[str] = evaluation["classes"]
    negative = evaluation["negative_class"]
    columns = [(name, pa.string()) for name in _TEXT]
    columns += [(f"{kind}_{name}", pa.float64()) for name in classes for kind in ("prob", "logit")]
    table = read_table(pa.schema(columns + _TWO_SIDED * (negative is not None)), path)
    test = table[table["split"] == "test"].sort_values("image_id", ignore_index=True)
    if test.empty:
        raise _mismatch("no test film", path)
    if negative is None:
        return _with_calls(test, evaluation, path)
    _check_outcomes(test, evaluation, path)
    findings = [name for name in classes if name != negative]
    finding = test[[f"prob_{name}" for name in findings]].to_numpy().argmax(axis=1)
    is_called = test["outcome"].isin(["TP", "FP"])
    call = np.where(is_called, np.array(findings, dtype=object)[finding], negative)
    return test.assign(call=call, prob_called=test["prob_positive"])


def _with_calls(test: pd.DataFrame, evaluation: dict[str, Any], path: Path) -> pd.DataFrame:
    """The rows of a model without a negative class."""
    classes = evaluation["classes"]
    counted = pd.crosstab(test["label"], test["called_class"])
    counted = counted.reindex(index=classes, columns=classes, fill_value=0)
    stated = evaluation["classes_view"]["test"]["matrix"]
    if counted.to_numpy().tolist() != stated:
        raise _mismatch(f"calls {counted.to_numpy().tolist()}, but evaluation.json {stated}", path)
    probabilities = test[[f"prob_{name}" for name in classes]].to_numpy()
    called = test["called_class"].map(classes.index).to_numpy()
    return test.assign(
        call=test["called_class"],
        prob_called=probabilities[np.arange(len(test)), called],
        outcome=np.where(test["label"] == test["called_class"], *CALLS),
    )


def _check_outcomes(test: pd.DataFrame, evaluation: dict[str, Any], path: Path) -> None:
    threshold = evaluation["operating_point"]["threshold"]
    expected = _expected_outcomes(test, threshold)
    wrong = np.flatnonzero(test["outcome"].to_numpy() != expected)
    if len(wrong):
        row = test.iloc[wrong[0]]
        raise _mismatch(
            f"{len(wrong)} films, first {row['path']}: outcome {row['outcome']}, but with "
            f"probability {row['prob_positive']:.6g} and threshold {threshold:.6g} it must be "
            f"{expected[wrong[0]]}",
            path,
        )
    counted = {name.lower(): int((test["outcome"] == name).sum()) for name in OUTCOMES}
    stated = {name: evaluation["test"]["confusion"][name] for name in counted}
    if counted != stated:
        raise _mismatch(f"outcomes {counted}, but evaluation.json counts {stated}", path)


def _expected_outcomes(test: pd.DataFrame, threshold: float) -> NDArray[np.str_]:
    called = test["prob_positive"].to_numpy() >= threshold
    positive = test["positive"].to_numpy(dtype=bool)
    if_called = np.where(positive, "TP", "FP")
    if_not_called = np.where(positive, "FN", "TN")
    return np.where(called, if_called, if_not_called)


def _mismatch(found: str, path: Path) -> TableError:
    """The error of two files of one model that come from different runs."""
    return TableError(
        "the predictions and evaluation.json of a model must come from the same run",
        found=found,
        where=str(path),
        next_step="run `dvc repro`, which writes both again",
    )
