"""Read the test films of a table of predictions, and check that two tables hold the same ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from tasks.core.errors import EvaluationError
from tasks.core.tables import read_table


def read_test_films(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Test rows of a table of predictions, sorted by `image_id`.

    Args:
        path: `data/predictions/<model>.parquet`, of this run or another.
        columns: Columns to read, beside `split`.

    Raises:
        TableError: The table is missing or damaged, or lacks a column.
    """
    films = read_table(pa.schema([]), path, ["split", *columns])
    test = films[films["split"] == "test"].drop(columns="split")
    return test.sort_values("image_id", ignore_index=True)


def require_same_films(films: Mapping[str, pd.DataFrame]) -> None:
    """Check that all models were evaluated on the same test films with the same labels.

    Args:
        films: From `read_test_films`, by the name of the model.

    Raises:
        EvaluationError: They were not.
    """
    first, *others = films
    for other in others:
        one, two = films[first], films[other]
        unshared = set(one["image_id"]) ^ set(two["image_id"])
        found = f"{len(unshared)} films are in one of the two tables only"
        if not unshared:
            n_labels = int((one["label"].to_numpy() != two["label"].to_numpy()).sum())
            found = f"{n_labels} films have another label in the other table"
        if unshared or n_labels:
            raise EvaluationError(
                "models are compared on the same test films with the same labels",
                found=found,
                where=f"the predictions of {first} and of {other}",
                next_step="run `dvc repro`, which evaluates every model on the films of this run",
            )
