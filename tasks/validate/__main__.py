"""Stage `validate`: check the manifest with Great Expectations before anything learns from it.

Reads       data/manifest.parquet, data/pairs.parquet, data/thumbnails/, validate.reference
Writes      reports/validation.json, reports/validation.html
Params      validate, evaluate.negative_class, ingest.min_side_px, resample.labels
Fails when  an expectation of severity `error` fails; both reports are written first
Run         python -m tasks.validate
"""

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core import paths, stage

if TYPE_CHECKING:
    import pandas as pd

    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import Params
    from tasks.validate.rule_runner import RuleResult


def main(_: argparse.Namespace) -> None:
    """Load, check, write; raise an error if a rule of severity `error` failed."""
    from tasks.core.atomic import write_json, write_text
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.validate.page_thumbnails import thumbnail_pictures
    from tasks.validate.validation_page import render_validation_page
    from tasks.validate.validation_result import failed_rules, validation_error

    params = load_params(paths.PARAMS)
    thumbnails = ImageStore(paths.THUMBNAILS)
    films, results, validation = check_manifest(params, thumbnails)
    write_json(paths.VALIDATION_JSON, validation)
    pictures = thumbnail_pictures(validation, films, thumbnails)
    page = render_validation_page(validation, pictures, params.validate_)
    write_text(paths.VALIDATION_HTML, page)
    warnings = [result.name for result in failed_rules(results, "warning")]
    logging.getLogger(__name__).info(
        "%d of %d expectations passed; %d error(s), %d warning(s)%s; %d of %d files usable; see %s",
        sum(result.passed for result in results),
        len(results),
        len(failed_rules(results, "error")),
        len(warnings),
        f": {', '.join(warnings)}" if warnings else "",
        validation["n_usable"],
        validation["n_rows"],
        paths.VALIDATION_HTML,
    )
    if not validation["passed"]:
        raise validation_error(results)


def check_manifest(
    params: "Params", thumbnails: "ImageStore"
) -> "tuple[pd.DataFrame, list[RuleResult], dict[str, Any]]":
    """Table `films` of `build_frames`, the result of each rule, and the whole result."""
    import pandas as pd
    import pyarrow as pa

    from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, read_table, usable
    from tasks.validate.drift import REFERENCE_COLUMNS
    from tasks.validate.film_pairs import same_patient
    from tasks.validate.frames import build_frames, drift_frames
    from tasks.validate.group_tables import negative_class_table
    from tasks.validate.orientation import upside_down
    from tasks.validate.rule_runner import run_rules
    from tasks.validate.shortcuts import audit_shortcuts
    from tasks.validate.suite import build_suite
    from tasks.validate.validation_result import build_validation_result

    rules = build_suite(params.validate_, params.ingest.min_side_px)
    # an empty schema: the suite checks the columns, and the page lists the missing ones
    manifest = read_table(pa.schema([]), paths.MANIFEST)
    pairs = read_table(PAIRS_SCHEMA, paths.PAIRS)
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


if __name__ == "__main__":
    stage.run("validate", __doc__, main)
