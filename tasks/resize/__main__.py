"""Stage `resize`: make one small grey square of every film of the cohort.

Reads       data/samples.parquet, the films of `ingest.source`, and those images of data/images/
            that an earlier run made with the same settings; for the phantom with region `lungs`,
            the true lungs beside its films
Writes      data/images/, reports/resize.json (regions and sharpness by class),
            reports/resize.jpg (some films, each beside its square)
Params      resize, ingest.source
Fails when  a film changed or disappeared after `ingest` read it
Run         python -m tasks.resize
"""

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:
    import pandas as pd

    from tasks.core.params import Params

JPEG_QUALITY = 80


def main(_: argparse.Namespace) -> None:
    """Write the image store and the two reports on it."""
    from tasks.core.params import load_params
    from tasks.core.tables import SAMPLES_SCHEMA, read_table
    from tasks.resize.fill_store import resize_films

    params = load_params(paths.PARAMS)
    counts = resize_films(
        read_table(SAMPLES_SCHEMA, paths.SAMPLES, ["image_id", "path"]),
        params.ingest.source,
        params.resize,
        paths.IMAGES,
        params.compute,
    )
    # read again with more columns: they would fill memory while films are decoded
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES, ["image_id", "path", "label", "group_id"])
    _report(samples, params)
    size_px = params.resize.size_px
    logging.getLogger(__name__).info(
        "%s films at %d x %d px: %s", f"{len(samples):,}", size_px, size_px, counts
    )


def _report(samples: "pd.DataFrame", params: "Params") -> None:
    """Write reports/resize.jpg and reports/resize.json."""
    from tasks.core.atomic import atomic_path, write_json
    from tasks.core.image_store.store import ImageStore
    from tasks.resize.examples import choose_examples, draw_examples, read_examples
    from tasks.resize.image_summary import summarise_images

    store, region = ImageStore(paths.IMAGES), params.resize.region
    examples = read_examples(choose_examples(samples), params.ingest.source, store, region)
    with atomic_path(paths.RESIZE_PICTURE) as temporary:
        # full colour resolution (subsampling 0) keeps the thin red lines visible
        draw_examples(examples, region).save(
            temporary, format="JPEG", quality=JPEG_QUALITY, subsampling=0
        )
    summary = summarise_images(samples, store, params.resize, _true_lungs(params))
    write_json(paths.RESIZE_JSON, summary)


def _true_lungs(params: "Params") -> Path | None:
    """Masks of the true lungs, if the region is `lungs` and the films are synthetic."""
    from tasks.core.source.source import open_source
    from tasks.core.source.synthetic import is_synthetic

    if params.resize.region != "lungs":
        return None
    with open_source(params.ingest.source) as source:
        return paths.true_lungs(params.ingest.source) if is_synthetic(source.paths()) else None


if __name__ == "__main__":
    stage.run("resize", __doc__, main)
