"""Stage `ingest`: every file found becomes one row of the manifest.

Reads       the folder or zip that `ingest.source` names
Writes      data/manifest.parquet
Params      ingest
Fails when  the source is missing, empty, damaged, or of no known layout
Run         python -m tasks.ingest
"""

import argparse
import logging

from tasks import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load, call, write."""
    from tasks.ingest.manifest import build_manifest
    from tasks.params import load_params
    from tasks.tables import MANIFEST, write_table

    manifest = build_manifest(load_params(paths.PARAMS).ingest)
    write_table(manifest, MANIFEST, paths.MANIFEST)
    counts = manifest["status"].value_counts()
    logging.getLogger(__name__).info(
        "%d files found: %d usable films, %d rejected (layout %s)",
        len(manifest),
        counts.get("ok", 0),
        counts.get("rejected", 0),
        manifest["layout"].iloc[0],
    )


if __name__ == "__main__":
    stage.run("ingest", __doc__, main)
