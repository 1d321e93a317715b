"""Stage `resample`: the usable films become one cohort with train, validation and test splits.

Reads       data/manifest.parquet, reports/validation.json (the gate must be open)
Writes      data/samples.parquet, data/excluded.parquet
Params      resample
Fails when  a class has too few patients to stand in every split
Run         python -m tasks.resample
"""

import argparse
import logging

from tasks import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load, call, write."""
    from tasks.params import load_params
    from tasks.resample.cohort import build_cohort
    from tasks.tables import EXCLUDED, MANIFEST, SAMPLES, read_table, usable, write_table

    films = usable(read_table(MANIFEST, paths.MANIFEST))
    samples, excluded = build_cohort(films, load_params(paths.PARAMS).resample)
    write_table(samples, SAMPLES, paths.SAMPLES)
    write_table(excluded, EXCLUDED, paths.EXCLUDED)
    counts = samples["split"].value_counts()
    logging.getLogger(__name__).info(
        "%d usable films: train %d, val %d, test %d, excluded %d",
        len(films),
        *(counts[split] for split in ("train", "val", "test")),
        len(excluded),
    )


if __name__ == "__main__":
    stage.run("resample", __doc__, main)
