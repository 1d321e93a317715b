"""Stage `validate`: check the manifest with Great Expectations before anything learns from it.

Reads       data/manifest.parquet, data/pairs.parquet, data/thumbnails/, validate.reference
Writes      reports/validation.json, reports/validation.html
Params      validate, evaluate.negative_class, ingest.min_side_px, ingest.source,
            resample.labels
Fails when  an expectation of severity `error` fails; both reports are written first
Run         python -m tasks.validate
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load, check, write; raise an error if a rule of severity `error` failed."""
    from tasks.core.atomic import write_json, write_text
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.provenance import collect_provenance
    from tasks.validate.gate import check_films
    from tasks.validate.page_thumbnails import thumbnail_pictures
    from tasks.validate.validation_page import render_validation_page
    from tasks.validate.validation_result import failed_rules, validation_error

    params = load_params(paths.PARAMS)
    thumbnails = ImageStore(paths.THUMBNAILS)
    films, results, validation = check_films(params, paths.MANIFEST, paths.PAIRS, thumbnails)
    write_json(paths.VALIDATION_JSON, validation)
    pictures = thumbnail_pictures(validation, films, thumbnails)
    provenance = collect_provenance(
        "validate",
        [paths.MANIFEST, paths.PAIRS, paths.THUMBNAILS],
        ("ingest.min_side_px", "validate", "resample.labels", "evaluate.negative_class"),
    )
    page = render_validation_page(validation, pictures, params.validate_, provenance)
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


if __name__ == "__main__":
    stage.run("validate", __doc__, main)
