"""Stage `resample`: build one cohort with training, validation and test split.

It also clusters the training films by their acquisition, if `resample.acquisition_clusters` is
set; otherwise that table has no rows.

DVC runs this stage only after `validate` succeeded, so it does not read the result of the gate.

Reads       data/manifest.parquet, data/pairs.parquet
Writes      data/samples.parquet, data/excluded.parquet, data/acquisition.parquet
Params      resample
Fails when  a film has no class, a class has too few patients for all splits, or acquisition
            clusters are asked for and all training films have the same facts
Run         python -m tasks.resample
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Read the usable films, build the cohort and write both tables."""
    from tasks.core.params import load_params
    from tasks.core.tables import (
        ACQUISITION_SCHEMA,
        EXCLUDED_SCHEMA,
        MANIFEST_SCHEMA,
        PAIRS_SCHEMA,
        SAMPLES_SCHEMA,
        read_table,
        usable,
        write_table,
    )
    from tasks.resample.acquisition import ACQUISITION_FACTS, acquisition_clusters
    from tasks.resample.cohort import build_cohort

    params = load_params(paths.PARAMS).resample
    pairs = read_table(PAIRS_SCHEMA, paths.PAIRS)
    # no variable holds the manifest, so its memory is free once the cohort has its columns
    samples, excluded = build_cohort(
        usable(read_table(MANIFEST_SCHEMA, paths.MANIFEST)), pairs, params
    )
    n_clusters = params.acquisition_clusters
    clusters = samples[["image_id"]].iloc[:0].assign(acquisition=0)
    if n_clusters is not None:
        facts = read_table(MANIFEST_SCHEMA, paths.MANIFEST, ["image_id", *ACQUISITION_FACTS])
        clusters = acquisition_clusters(samples, facts, n_clusters, params.seed)
    write_table(clusters, ACQUISITION_SCHEMA, paths.ACQUISITION_CLUSTERS)
    write_table(samples, SAMPLES_SCHEMA, paths.SAMPLES)
    write_table(excluded, EXCLUDED_SCHEMA, paths.EXCLUDED)
    counts = samples["split"].value_counts()
    logging.getLogger(__name__).info(
        "%d usable films: train %d, val %d, test %d, excluded %d",
        len(samples) + len(excluded),
        *(counts[split] for split in ("train", "val", "test")),
        len(excluded),
    )


if __name__ == "__main__":
    stage.run("resample", __doc__, main)
