"""Stage `resize`: every film of the cohort becomes one small grey image.

Reads       data/samples.parquet, the folder or zip that `ingest.source` names, and of the images
            in data/images/ those that an earlier run made in the same way
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
    counts = resize_films(
        samples, params.ingest.source, params.resize, paths.IMAGES, params.compute
    )
    size_px = params.resize.size_px
    logging.getLogger(__name__).info(
        "%s films at %d x %d px: %s", f"{len(samples):,}", size_px, size_px, counts
    )


if __name__ == "__main__":
    stage.run("resize", __doc__, main)
