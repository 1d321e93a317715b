"""What the checklists are filled from, and the form of one piece of evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.core import paths
from tasks.core.json_form import read_form
from tasks.core.params import Params
from tasks.core.result_forms import GATE_FORM, LABELS_FORM
from tasks.core.tables import EXCLUDED_SCHEMA, MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table

StudyRecord = Mapping[str, Any]


@dataclass(frozen=True)
class StudyRecords:
    """Tables and results of one run.

    gate: content of `reports/validation.json`. labels: of `reports/labels.json`. summaries: of
    `data/summaries/<model>.json`, in the order of params.yaml. libraries: releases by name.
    n_readings: how often the test films were read.
    """

    manifest: pd.DataFrame
    samples: pd.DataFrame
    excluded: pd.DataFrame
    gate: StudyRecord
    labels: StudyRecord
    summaries: Sequence[StudyRecord]
    params: Params
    libraries: Mapping[str, str]
    n_readings: int


@dataclass(frozen=True)
class Evidence:
    """What a run shows about one item of a checklist.

    value: in words and numbers. artifact: file that holds it. page, section: where a reader sees
    it; `section` is the id of a section of the page.
    """

    value: str
    artifact: Path
    page: Path | None = None
    section: str = ""


def load_records(
    params: Params, libraries: Mapping[str, str], n_readings: int, summaries: Sequence[StudyRecord]
) -> StudyRecords:
    """Read the tables and results of the run in the current folder.

    Raises:
        TableError: A table is missing or lacks a column.
    """
    return StudyRecords(
        manifest=read_table(MANIFEST_SCHEMA, paths.MANIFEST),
        samples=read_table(SAMPLES_SCHEMA, paths.SAMPLES),
        excluded=read_table(EXCLUDED_SCHEMA, paths.EXCLUDED),
        gate=read_form(paths.VALIDATION_JSON, GATE_FORM),
        labels=read_form(paths.LABELS_JSON, LABELS_FORM),
        summaries=summaries,
        params=params,
        libraries=libraries,
        n_readings=n_readings,
    )


def counts_in_words(values: "pd.Series[Any]") -> str:
    """How often each value occurs, the most frequent first; equal counts by name.

    Example:
        >>> counts_in_words(pd.Series(["a", "b", "b"]))
        'b 2, a 1'
    """
    counts = values.value_counts()
    ranked = sorted(counts.items(), key=lambda pair: (-int(pair[1]), str(pair[0])))
    return ", ".join(f"{name} {n}" for name, n in ranked) or "none"


def of_each_model(records: StudyRecords, texts: Sequence[str]) -> str:
    """One text for each network, with its name if there are several."""
    if len(texts) == 1:
        return texts[0]
    names = [summary["model"] for summary in records.summaries]
    return "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
