"""Run the real stages on a source and collect their findings by gate.

`ingest:REASON` is a reason code of the manifest. `validate:NAME` is an expectation that fails.
`resample:REASON` is a reason code of data/excluded.parquet. `STAGE:refused` is a stage that ends
with an error, and names the rule that is broken. After an expectation of severity `error` no stage
runs, as with DVC.
"""

import argparse
import contextlib
from collections import defaultdict
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.errors import CohortError, SourceError, ValidationFailed
from tasks.core.source.synthetic import MARKER_NAME
from tasks.core.tables import EXCLUDED_SCHEMA, MANIFEST_SCHEMA, read_table

Named = frozenset[str]
Findings = dict[str, Named]
Facts = tuple[str | None, ...]
_KNOWN = ("pixel_hash", "label", "subtype", "given_split", "patient_id")
# The marker and the tables of a set: rows of the manifest that are no pictures in any set
_SET_FILES = (MARKER_NAME, ".csv")


def run_gates(folder: Path) -> Findings:
    """Run ingest, validate and resample as their commands do.

    Args:
        folder: Folder with params.yaml; the stages write below it.

    Returns:
        The gates that reported something, and what each named: files, findings, statistics, a
        broken rule, or nothing for a gate about the whole set.
    """
    from tasks.ingest.__main__ import main as ingest
    from tasks.resample.__main__ import main as resample
    from tasks.validate.__main__ import main as validate

    nothing = argparse.Namespace()
    with contextlib.chdir(folder):
        try:
            ingest(nothing)
        except SourceError as error:
            return {"ingest:refused": frozenset({error.rule})}
        findings = _reasons("ingest", read_table(MANIFEST_SCHEMA, paths.MANIFEST))
        with contextlib.suppress(ValidationFailed):
            validate(nothing)
        validation = read_json(paths.VALIDATION_JSON)
        findings |= _failed(validation)
        if not validation["passed"]:
            return findings
        try:
            resample(nothing)
        except CohortError as error:
            return {**findings, "resample:refused": frozenset({error.rule})}
        return findings | _reasons("resample", read_table(EXCLUDED_SCHEMA, paths.EXCLUDED))


def films_of(folder: Path) -> frozenset[Facts]:
    """Return what is known of each usable film: its pixels, class, subtype, split and patient.

    Args:
        folder: Folder in which `run_gates` ran; without a manifest there is no film.
    """
    place = folder / paths.MANIFEST
    if not place.exists():
        return frozenset()
    films = read_table(MANIFEST_SCHEMA, place)
    known = films.loc[films["status"] == "ok", list(_KNOWN)].astype(object)
    return frozenset(map(tuple, known.where(known.notna(), None).to_numpy()))


def _reasons(stage: str, table: Any) -> Findings:
    files: dict[str, set[str]] = defaultdict(set)
    for path, reason in zip(table["path"], table["reason"], strict=True):
        if isinstance(reason, str) and not path.endswith(_SET_FILES):
            files[f"{stage}:{reason}"].add(path)
    return {gate: frozenset(named) for gate, named in files.items()}


def _failed(validation: dict[str, Any]) -> Findings:
    return {
        f"validate:{found['name']}": frozenset().union(*map(_named, found["rows"]))
        for found in validation["expectations"]
        if not found["passed"]
    }


def _named(row: dict[str, Any]) -> Named:
    """Return the name in a row and the film that it is compared with; figures are cut off."""
    key = str(next(iter(row.values()))).partition(" with AUROC ")[0]
    return frozenset({key, row.get("other_path", key)})
