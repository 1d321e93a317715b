"""Cohorts that several test files use."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from tasks.core.tables import EXCLUDED_SCHEMA, SAMPLES_SCHEMA
from tasks.resample.cohort import build_cohort
from tests.unit.resample.frames import (
    Row,
    digest,
    film,
    pairs_of,
    patients,
    resample_params,
    usable_films,
)

Near = Sequence[tuple[str, str]]


def cohort(rows: list[Row], near: Near = (), **changes: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Build a cohort and check that counts and columns are complete."""
    films = usable_films(rows)
    samples, excluded = build_cohort(films, pairs_of(films, near), resample_params(**changes))
    assert len(samples) + len(excluded) == len(films)
    assert sorted([*samples["path"], *excluded["path"]]) == films["path"].tolist()
    assert list(samples.columns) == SAMPLES_SCHEMA.names
    assert list(excluded.columns) == EXCLUDED_SCHEMA.names
    return samples, excluded


def reasons(excluded: pd.DataFrame) -> dict[str, str]:
    """Reason of each excluded film, by path."""
    return dict(zip(excluded["path"], excluded["reason"], strict=True))


def kermany() -> list[Row]:
    """A small set with given splits: 40 + 40 patients, 5 + 5 of them in the given test."""
    return [
        *patients("NORMAL", 30, given_split="train"),
        *patients("NORMAL", 5, given_split="val"),
        *patients("NORMAL", 5, given_split="test"),
        *patients("PNEUMONIA", 15, 3, subtype="bacteria", given_split="train"),
        *patients("PNEUMONIA", 15, subtype="virus", given_split="train"),
        *patients("PNEUMONIA", 5, subtype="virus", given_split="val"),
        *patients("PNEUMONIA", 5, 2, subtype="bacteria", given_split="test"),
    ]


def no_splits() -> list[Row]:
    """The films of `kermany` without given splits."""
    return [{**row, "given_split": None} for row in kermany()]


def splits_of(samples: pd.DataFrame, key: str) -> int:
    """Largest number of splits that the films of one key are in."""
    return int(samples.groupby(key)["split"].nunique().max())


def copies() -> list[Row]:
    """Copies of a training film and of a film of the given test split."""
    return [
        film(
            "copy-a",
            "NORMAL",
            "x:1",
            given_split="train",
            pixel_hash=digest("pixels", "NORtrain0000-0"),
        ),
        film(
            "copy-b",
            "NORMAL",
            "x:2",
            given_split="train",
            pixel_hash=digest("pixels", "NORtest0000-0"),
        ),
    ]
