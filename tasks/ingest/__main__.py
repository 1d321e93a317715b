"""Stage `ingest`: every file found becomes one row of the manifest.

Reads       the folder, zip, index or URL that `ingest.source` names
Writes      data/manifest.parquet, data/thumbnails/, data/pairs.parquet
Params      ingest
Fails when  the source is missing, empty, damaged, or of no known layout
Run         python -m tasks.ingest
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load, call, write."""
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, write_table
    from tasks.ingest.manifest import build_manifest
    from tasks.ingest.pairs import find_pairs
    from tasks.ingest.thumbnails import collect_thumbnails

    all_params = load_params(paths.PARAMS)
    params = all_params.ingest
    with collect_thumbnails(paths.THUMBNAILS) as keep_thumbnail:
        manifest = build_manifest(params, keep_thumbnail, all_params.compute)
    pairs = find_pairs(manifest, ImageStore(paths.THUMBNAILS), params)
    write_table(pairs, PAIRS_SCHEMA, paths.PAIRS)
    write_table(manifest, MANIFEST_SCHEMA, paths.MANIFEST)
    counts = manifest["status"].value_counts()
    kinds = pairs["kind"].value_counts()
    logging.getLogger(__name__).info(
        "%d files found: %d usable films, %d rejected (layout %s); "
        "%d exact and %d near duplicate pairs",
        len(manifest),
        counts.get("ok", 0),
        counts.get("rejected", 0),
        manifest["layout"].iloc[0],
        kinds.get("exact", 0),
        kinds.get("near", 0),
    )


if __name__ == "__main__":
    stage.run("ingest", __doc__, main)
