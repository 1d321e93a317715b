"""Stage `resize`: every film of the cohort becomes one small grey image.

Reads       data/samples.parquet, the folder or zip that `ingest.source` names, and of the images
            in data/images/ those that an earlier run made in the same way; for the phantom, the
            lungs that it wrote beside its films
Writes      data/images/, reports/resize.json (regions and sharpness by class),
            reports/resize.jpg (some films, each beside the square made of it)
Params      resize, ingest.source
Fails when  a film changed or vanished since `ingest` read it
Run         python -m tasks.resize
"""

import argparse
import logging
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:
    import pandas as pd

    from tasks.core.params import Params

JPEG_QUALITY = 80


def main(_: argparse.Namespace) -> None:
    """Load, call, write."""
    from tasks.core.params import load_params
    from tasks.core.tables import SAMPLES_SCHEMA, read_table
    from tasks.resize.films import resize_films

    params = load_params(paths.PARAMS)
    counts = resize_films(
        read_table(SAMPLES_SCHEMA, paths.SAMPLES, ["image_id", "path"]),
        params.ingest.source,
        params.resize,
        paths.IMAGES,
        params.compute,
    )
    # Not read before: held while films are decoded, more columns would only cost memory
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES, ["image_id", "path", "label", "group_id"])
    _show(samples, params)
    size_px = params.resize.size_px
    logging.getLogger(__name__).info(
        "%s films at %d x %d px: %s", f"{len(samples):,}", size_px, size_px, counts
    )


def _show(samples: "pd.DataFrame", params: "Params") -> None:
    """Write what the finished store says of the cohort, in figures and in a picture."""
    from tasks.core.atomic import atomic_path, write_json
    from tasks.core.image_store.store import ImageStore
    from tasks.resize.picture import choose_films, draw_picture, read_shown
    from tasks.resize.summary import summarise

    store, region = ImageStore(paths.IMAGES), params.resize.region
    shown = read_shown(choose_films(samples), params.ingest.source, store, region)
    with atomic_path(paths.RESIZE_PICTURE) as temporary:
        # colour at full resolution: a thin red line would fade
        draw_picture(shown, region).save(
            temporary, format="JPEG", quality=JPEG_QUALITY, subsampling=0
        )
    write_json(paths.RESIZE_JSON, summarise(samples, store, params.resize, params.ingest))


if __name__ == "__main__":
    stage.run("resize", __doc__, main)
