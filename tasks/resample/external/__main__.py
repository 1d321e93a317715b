"""Stage `resample-external`: choose the films of one external cohort that a model is judged on.

Reads       data/external/<cohort>/ (manifest.parquet, pairs.parquet, overlap.parquet, source.json),
            reports/external/<cohort>/validation.json, data/samples.parquet, data/manifest.parquet,
            data/pairs.parquet
Writes      data/external/<cohort>/: samples.parquet, excluded.parquet, cohort.json (whether it can
            be judged and, if not, why not)
Params      resample.labels, evaluate.external_classes
Fails when  `evaluate.external_classes` names a class that the model or the cohort lacks, or a
            table is missing
Run         python -m tasks.resample.external --cohort clinic
"""

import argparse
import logging
from typing import Any

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Read the tables, map the classes, choose the films, write."""
    from tasks.core.atomic import read_json, write_json
    from tasks.core.class_mapping import check_stated_classes, map_classes
    from tasks.core.external_cohort import source_of
    from tasks.core.params import load_params
    from tasks.core.tables import (
        EXCLUDED_SCHEMA,
        MANIFEST_SCHEMA,
        PAIRS_SCHEMA,
        SAMPLES_SCHEMA,
        read_table,
        usable,
        write_table,
    )
    from tasks.resample.external.cohort_summary import summarise_cohort
    from tasks.resample.external.external_films import AtHome, choose_films
    from tasks.resample.external.known_at_home import groups_at_home

    name, params = arguments.cohort, load_params(paths.PARAMS)
    source_of(params.evaluate, name)
    manifest = read_table(MANIFEST_SCHEMA, paths.external_manifest(name))
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    classes = sorted(samples["label"].unique())
    stated = params.evaluate.external_classes.get(name, {})
    check_stated_classes(manifest["label"], stated, name)
    mapped = map_classes(usable(manifest), classes, stated, params.resample.labels)
    home = read_table(MANIFEST_SCHEMA, paths.MANIFEST)
    groups = groups_at_home(home, read_table(PAIRS_SCHEMA, paths.PAIRS))
    at_home = AtHome(samples, groups, read_table(PAIRS_SCHEMA, paths.external_overlap(name)))
    pairs = read_table(PAIRS_SCHEMA, paths.external_pairs(name))
    chosen = choose_films(manifest, pairs, mapped, classes, at_home)
    validation = read_json(paths.external_validation_json(name))
    fault = read_json(paths.external_source(name))["fault"]
    summary = summarise_cohort(name, manifest, chosen, mapped.table, validation, fault)
    write_table(chosen.samples, SAMPLES_SCHEMA, paths.external_samples(name))
    write_table(chosen.excluded, EXCLUDED_SCHEMA, paths.external_excluded(name))
    write_json(paths.external_summary(name), summary)
    _log(summary)


def _log(summary: dict[str, Any]) -> None:
    logger, counts = logging.getLogger(__name__), summary["counts"]
    left_out = ", ".join(f"{reason} {n}" for reason, n in counts["left_out"].items()) or "none"
    logger.info(
        "%s: %d films of %d patients, left out: %s",
        summary["name"],
        counts["chosen"],
        counts["patients"],
        left_out,
    )
    if summary["gap"]:
        logger.warning("%s has no metrics: %s", summary["name"], summary["gap"])


if __name__ == "__main__":
    stage.run("resample-external", __doc__, main, per_cohort=True)
