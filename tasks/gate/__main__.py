"""Decide whether a new network may replace the one in use, by comparing both on the same films.

A refusal is a decision too: the exit code is 0. The test split is read, so the ledger gets a row
for each network, once. Without a network in use the new one is judged by itself.

Reads       the two folders of stage `release`, data/samples.parquet, data/manifest.parquet,
            data/images/ (or the films, if a network wants other squares), data/external/,
            reports/validation.json, reports/test_ledger.csv
Writes      reports/gate.json, reports/gate.html; counts the readings in reports/test_ledger.csv
Params      gate; evaluate.external, n_bootstrap, seed; ingest.source; compute
Fails when  a folder is incomplete or was edited, a table is missing, or a film has changed
Run         python -m tasks.gate --challenger data/classifier [--champion FOLDER]
"""

import argparse
import logging
from pathlib import Path

from tasks.core import paths, stage


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this program."""
    parser.add_argument(
        "--challenger",
        type=Path,
        default=paths.RELEASE,
        help=f"folder of the new network (default: {paths.RELEASE})",
    )
    parser.add_argument(
        "--champion",
        type=Path,
        help="folder of the network in use (default: the one that git names champion, if any)",
    )


def main(arguments: argparse.Namespace) -> None:
    """Remove the former decision, compare, write."""
    for former in (paths.GATE_JSON, paths.GATE_HTML):  # a run that fails leaves no decision
        former.unlink(missing_ok=True)
    from tasks.core.atomic import write_json, write_text
    from tasks.core.champion import champion_dir
    from tasks.core.params import load_params
    from tasks.gate.decision_page import render_decision
    from tasks.gate.network_decision import decide_on

    params = load_params(paths.PARAMS)
    found = decide_on(arguments.challenger, arguments.champion or champion_dir(), params)
    write_text(paths.GATE_HTML, render_decision(found, params))
    write_json(paths.GATE_JSON, found)
    logging.getLogger(__name__).info("%s", found["headline"])


if __name__ == "__main__":
    stage.run_program("gate", __doc__, main, _add_arguments)
