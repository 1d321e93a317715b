"""Stage `validate-external`: check the films of one external cohort with the suite of the gate.

A broken expectation does not stop the run: `resample-external` makes a gap or a note of it. Two
questions of the gate are not asked: `evaluate.negative_class` is looked for after the classes are
mapped, and `validate.reference` is a manifest of the source at home.

Reads       data/external/<cohort>/: manifest.parquet, pairs.parquet, thumbnails/
Writes      reports/external/<cohort>/: validation.json, validation.html
Params      validate, ingest.min_side_px
Fails when  a table is missing
Run         python -m tasks.validate.external --cohort clinic
"""

import argparse
import logging
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:
    from tasks.core.params import Params


def main(arguments: argparse.Namespace) -> None:
    """Load, check, write."""
    from tasks.core.atomic import write_json, write_text
    from tasks.core.external_cohort import source_of
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.provenance import collect_provenance
    from tasks.validate.gate import check_films
    from tasks.validate.page_thumbnails import thumbnail_pictures
    from tasks.validate.validation_page import render_validation_page
    from tasks.validate.validation_result import failed_rules

    name, params = arguments.cohort, load_params(paths.PARAMS)
    source = source_of(params.evaluate, name)
    thumbnails = ImageStore(paths.external_thumbnails(name))
    tables = (paths.external_manifest(name), paths.external_pairs(name))
    films, results, validation = check_films(_asked_of_a_cohort(params), *tables, thumbnails)
    write_json(paths.external_validation_json(name), validation)
    pictures = thumbnail_pictures(validation, films, thumbnails)
    provenance = collect_provenance(
        f"validate-external@{name}",
        [*tables, paths.external_thumbnails(name)],
        ("ingest.min_side_px", "validate"),
        source=source,
    )
    page = render_validation_page(validation, pictures, params.validate_, provenance, name)
    write_text(paths.external_validation_html(name), page)
    broken = [result.name for result in failed_rules(results, "error")]
    logging.getLogger(__name__).info(
        "%s: %d of %d expectations passed; %s; see %s",
        name,
        sum(result.passed for result in results),
        len(results),
        f"broken: {', '.join(broken)}" if broken else "none of severity error is broken",
        paths.external_validation_html(name),
    )


def _asked_of_a_cohort(params: "Params") -> "Params":
    """The params without the two questions that only the source at home can answer."""
    validate = params.validate_.model_copy(update={"reference": None})
    evaluate = params.evaluate.model_copy(update={"negative_class": None})
    return params.model_copy(update={"validate_": validate, "evaluate": evaluate})


if __name__ == "__main__":
    stage.run("validate-external", __doc__, main, per_cohort=True)
