"""Stage `resize-external`: make one small grey square of every film of one external cohort.

The films are fitted by the code and the settings of the films at home. A cohort without films gets
a store without images.

Reads       data/external/<cohort>/samples.parquet, the source that `evaluate.external` names
Writes      data/external/<cohort>/images/
Params      resize, evaluate.external.<cohort>
Fails when  a film changed or disappeared after `ingest-external` read it
Run         python -m tasks.resize.external --cohort clinic
"""

import argparse
import logging

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Write the image store."""
    from tasks.core.errors import SourceError
    from tasks.core.external_cohort import cohort_error, source_of
    from tasks.core.params import load_params
    from tasks.core.tables import SAMPLES_SCHEMA, read_table
    from tasks.resize.fill_store import resize_films

    name, params = arguments.cohort, load_params(paths.PARAMS)
    source = source_of(params.evaluate, name)
    samples = read_table(SAMPLES_SCHEMA, paths.external_samples(name), ["image_id", "path"])
    try:
        counts = resize_films(
            samples, source, params.resize, paths.external_images(name), params.compute
        )
    except SourceError as error:
        raise cohort_error(error, name) from error
    logging.getLogger(__name__).info("%s: %s films: %s", name, f"{len(samples):,}", counts)


if __name__ == "__main__":
    stage.run("resize-external", __doc__, main, per_cohort=True)
