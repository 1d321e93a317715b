"""Check a table of films with the whole suite of the data gate."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from tasks.core.image_store.store import ImageStore
from tasks.core.params import Params
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, read_table, usable
from tasks.validate.drift import REFERENCE_COLUMNS
from tasks.validate.film_pairs import same_patient
from tasks.validate.frames import build_frames, drift_frames
from tasks.validate.group_tables import negative_class_table
from tasks.validate.orientation import upside_down
from tasks.validate.rule_runner import RuleResult, run_rules
from tasks.validate.shortcuts import audit_shortcuts
from tasks.validate.suite import build_suite
from tasks.validate.validation_result import build_validation_result

Checked = tuple[pd.DataFrame, list[RuleResult], dict[str, Any]]


def check_films(
    params: Params, manifest_path: Path, pairs_path: Path, thumbnails: ImageStore
) -> Checked:
    """Run the suite.

    Args:
        params: All sections; `validate`, `ingest`, `evaluate` and `resample` are used.
        manifest_path: Parquet file as `tables.MANIFEST_SCHEMA`; columns may be missing.
        pairs_path: Parquet file as `tables.PAIRS_SCHEMA`.
        thumbnails: Small pictures of the usable films.

    Returns:
        Table `films` of `build_frames`, the result of each rule, and the whole result.
    """
    rules = build_suite(params.validate_, params.ingest.min_side_px)
    # an empty schema: the suite checks the columns, and the page lists the missing ones
    manifest = read_table(pa.schema([]), manifest_path)
    pairs = read_table(PAIRS_SCHEMA, pairs_path)
    complete = manifest.reindex(columns=MANIFEST_SCHEMA.names)
    shortcuts = audit_shortcuts(complete, pairs)
    turned = upside_down(usable(complete)["image_id"], thumbnails)
    is_synthetic = bool(complete["is_synthetic"].eq(True).any())
    frames = build_frames(manifest, pairs, shortcuts["rows"], turned)
    frames["negative_class"] = negative_class_table(
        frames["films"], params.evaluate.negative_class, params.resample.labels
    )
    if params.validate_.reference is not None:
        place = Path(params.validate_.reference)
        reference = read_table(MANIFEST_SCHEMA, place, list(REFERENCE_COLUMNS))
        frames |= drift_frames(reference, manifest)
        del reference
    del manifest, complete  # half a gigabyte for a million rows
    films = frames["films"]
    results = run_rules(frames, rules)
    listed = [frames["pairs"], same_patient(films)]
    validation = build_validation_result(
        films,
        results,
        is_synthetic=is_synthetic,
        shortcuts=shortcuts,
        pairs=pd.concat([table.astype(object) for table in listed], ignore_index=True),
    )
    validation["reference_given"] = params.validate_.reference is not None
    return films, results, validation
