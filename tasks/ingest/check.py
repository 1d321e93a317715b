"""Check the source in seconds: does it exist, is it whole, and which layout has it?

Run: python -m tasks.ingest.check
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Open the source and find its layout; decode no film."""
    from tasks.core.params import load_params
    from tasks.core.source.source import open_source
    from tasks.ingest.manifest import find_layout

    params = load_params(paths.PARAMS).ingest
    with open_source(params.source) as source:
        files = source.paths()
        layout = find_layout(files, params, source)
    logging.getLogger(__name__).info(
        "%s: %d files, layout %s", params.source, len(files), layout.name
    )


if __name__ == "__main__":
    stage.run("ingest.check", __doc__, main)
