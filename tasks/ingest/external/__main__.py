"""Stage `ingest-external`: read the films of one external cohort, and find those known at home.

A source that cannot be read does not stop the other cohorts: the tables are empty, and the fault
stands in source.json, from which `resample-external` makes a gap.

Reads       the source that `evaluate.external` names, data/manifest.parquet, data/thumbnails/
Writes      data/external/<cohort>/: manifest.parquet, pairs.parquet, thumbnails/, overlap.parquet
            (films that are at home too), source.json
Params      ingest, evaluate.negative_class, evaluate.external.<cohort>
Fails when  `evaluate.external` has no such cohort, or the manifest of the source is missing
Run         python -m tasks.ingest.external --cohort clinic
"""

import argparse
import logging
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:
    import pandas as pd

    from tasks.core.errors import SourceError
    from tasks.core.params import Params


def main(arguments: argparse.Namespace) -> None:
    """Load the params, read the cohort, find the overlap, write all tables."""
    from tasks.core.atomic import write_json
    from tasks.core.external_cohort import fault_in_words, fault_of, source_of
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, read_table, write_table
    from tasks.ingest.duplicate_pairs import find_pairs
    from tasks.ingest.external.overlap import find_overlap

    name, params = arguments.cohort, load_params(paths.PARAMS)
    source = source_of(params.evaluate, name)
    home = read_table(MANIFEST_SCHEMA, paths.MANIFEST)
    manifest, error = _read(name, params, sorted(home["label"].dropna().unique()))
    thumbnails = ImageStore(paths.external_thumbnails(name))
    pairs = find_pairs(manifest, thumbnails, params.ingest)
    films = (manifest, thumbnails)
    overlap = find_overlap(films, (home, ImageStore(paths.THUMBNAILS)), params.ingest)
    write_table(manifest, MANIFEST_SCHEMA, paths.external_manifest(name))
    write_table(pairs, PAIRS_SCHEMA, paths.external_pairs(name))
    write_table(overlap, PAIRS_SCHEMA, paths.external_overlap(name))
    fault = fault_of(error, name, source) if error else None
    write_json(paths.external_source(name), {"name": name, "fault": fault})
    logger = logging.getLogger(__name__)
    if fault:
        logger.warning("%s: %s", name, fault_in_words(fault))
    _log_counts(name, manifest, overlap)


def _read(
    name: str, params: "Params", classes: list[str]
) -> "tuple[pd.DataFrame, SourceError | None]":
    """Manifest of a cohort, and what is wrong with its source; its thumbnails are written."""
    from tasks.ingest.external.cohort_manifest import params_of_cohort, read_cohort
    from tasks.ingest.thumbnails import collect_thumbnails

    source, folder = params.evaluate.external[name], paths.external_thumbnails(name)
    ingest, negative_class = params_of_cohort(params.ingest, source), params.evaluate.negative_class
    with collect_thumbnails(folder) as keep:
        return read_cohort(ingest, keep, params.compute, negative_class or "", classes)


def _log_counts(name: str, manifest: "pd.DataFrame", overlap: "pd.DataFrame") -> None:
    status = manifest["status"].value_counts()
    films = f"{status.get('ok', 0)} usable films, {status.get('rejected', 0)} rejected"
    known = overlap["path_a"].nunique()
    logging.getLogger(__name__).info(
        "%s: %d files found: %s; %d films are at home too", name, len(manifest), films, known
    )


if __name__ == "__main__":
    stage.run("ingest-external", __doc__, main, per_cohort=True)
