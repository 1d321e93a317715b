"""The gates: what the real stages say of a source, by the name of the gate that says it.

`ingest:REASON` is a reason code of the manifest, `validate:NAME` an expectation that fails,
`resample:REASON` a reason code of data/excluded.parquet; `...:refused` is a stage that ends with
an error of its own. After an expectation of severity `error` nothing runs, as under DVC.
"""

import argparse
import contextlib
from collections import defaultdict
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.errors import CohortError, SourceError, ValidationFailed
from tasks.core.tables import EXCLUDED_SCHEMA, MANIFEST_SCHEMA, read_table

Named = frozenset[str]
Spoken = dict[str, Named]


def run_gates(folder: Path) -> Spoken:
    """Run ingest, validate and resample as their commands do.

    Args:
        folder: Holds params.yaml; the stages write below it.

    Returns:
        The gates that spoke, and what each named: files, or for gates about the set as a whole
        findings, statistics, or nothing.
    """
    from tasks.ingest.__main__ import main as ingest
    from tasks.resample.__main__ import main as resample
    from tasks.validate.__main__ import main as validate

    nothing = argparse.Namespace()
    with contextlib.chdir(folder):
        try:
            ingest(nothing)
        except SourceError:
            return {"ingest:refused": frozenset()}
        spoken = _reasons("ingest", read_table(MANIFEST_SCHEMA, paths.MANIFEST))
        with contextlib.suppress(ValidationFailed):
            validate(nothing)
        verdict = read_json(paths.VALIDATION_JSON)
        spoken |= _failed(verdict)
        if not verdict["passed"]:
            return spoken
        try:
            resample(nothing)
        except CohortError:
            return {**spoken, "resample:refused": frozenset()}
        return spoken | _reasons("resample", read_table(EXCLUDED_SCHEMA, paths.EXCLUDED))


def _reasons(stage: str, table: Any) -> Spoken:
    files: dict[str, set[str]] = defaultdict(set)
    for path, reason in zip(table["path"], table["reason"], strict=True):
        if isinstance(reason, str):
            files[f"{stage}:{reason}"].add(path)
    return {gate: frozenset(named) for gate, named in files.items()}


def _failed(verdict: dict[str, Any]) -> Spoken:
    return {
        f"validate:{found['name']}": frozenset().union(*map(_named, found["rows"]))
        for found in verdict["expectations"]
        if not found["passed"]
    }


def _named(row: dict[str, Any]) -> Named:
    """A row's own name, and the film that it is compared with; a finding without its figures."""
    key = str(next(iter(row.values()))).partition(" with AUROC ")[0]
    return frozenset({key, row.get("other_path", key)})
