"""Select the films to explain of a model without a negative class: right calls and wrong calls."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tasks.core.tables import read_table
from tasks.explain.selection import Ranking, SelectedFilm, mismatch, take_in_turn

CALLS = ("right", "wrong")  # a called class is the true one, or another one


def read_called_classes(path: Path, evaluation: dict[str, Any]) -> pd.DataFrame:
    """Read the test rows of a predictions table and compare them with the evaluation.

    Args:
        path: `data/predictions/<model>.parquet`.
        evaluation: Content of `reports/<model>/evaluation.json`.

    Returns:
        The test rows, sorted by image id, with `outcome` (one of `CALLS`) and `prob_called`
        float64, the probability of the called class.

    Raises:
        TableError: A column is missing, there is no test film, or the calls differ from the
            confusion matrix.
    """
    classes: list[str] = evaluation["classes"]
    text = ("image_id", "path", "split", "label", "patient_id", "called_class")
    columns = [(name, pa.string()) for name in text]
    columns += [(f"prob_{name}", pa.float64()) for name in classes]
    table = read_table(pa.schema(columns), path)
    test = table[table["split"] == "test"].sort_values("image_id", ignore_index=True)
    if test.empty:
        raise mismatch("no test film", path)
    counted = pd.crosstab(test["label"], test["called_class"])
    counted = counted.reindex(index=classes, columns=classes, fill_value=0)
    stated = evaluation["classes_view"]["test"]["matrix"]
    if counted.to_numpy().tolist() != stated:
        raise mismatch(f"calls {counted.to_numpy().tolist()}, but evaluation.json {stated}", path)
    probabilities = test[[f"prob_{name}" for name in classes]].to_numpy()
    called = test["called_class"].map(classes.index).to_numpy()
    test["prob_called"] = probabilities[np.arange(len(test)), called]
    test["outcome"] = np.where(test["label"] == test["called_class"], *CALLS)
    return test


def select_calls(test: pd.DataFrame, n_per_outcome: int) -> list[SelectedFilm]:
    """Select films of right and of wrong calls, in turn the most and the least confident ones.

    Args:
        test: Test rows of the predictions, from `read_called_classes`.
        n_per_outcome: Number of films of each; fewer if there are fewer.
    """
    return take_in_turn(test, CALLS, n_per_outcome, _by_confidence)


def _by_confidence(films: pd.DataFrame, _: str) -> list[Ranking]:
    return [
        (rule, films.sort_values(["prob_called", "image_id"], ascending=[is_ascending, True]))
        for rule, is_ascending in (("highest probability", False), ("lowest probability", True))
    ]
