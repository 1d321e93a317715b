"""Stage `resize`: every film of the cohort becomes one small grey image.

Reads       data/samples.parquet, the folder or zip that `ingest.source` names
Writes      data/images/
Params      resize, ingest.source
Fails when  a film changed or vanished since `ingest` read it
Run         python -m tasks.resize
"""

import argparse
import logging

from tasks import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load, call, write."""
    from tasks.params import load_params
    from tasks.resize.films import resize_films
    from tasks.tables import SAMPLES, read_table

    params = load_params(paths.PARAMS)
    samples = read_table(SAMPLES, paths.SAMPLES)
    size_px = params.resize.size_px
    resize_films(samples, params.ingest.source, size_px, paths.IMAGES, params.compute)
    logging.getLogger(__name__).info(
        "%d films resized to %d x %d px", len(samples), size_px, size_px
    )


if __name__ == "__main__":
    stage.run("resize", __doc__, main)
