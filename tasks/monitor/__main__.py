"""Watch an inbox of new films: do they still look like those that the network learned from?

Every film is scored by the network, and compared with the films of its training: features of the
films and files, scores, embeddings. What cannot be scored is copied into a quarantine; the inbox
itself is never changed. The page says which feature has moved first, and by how much. Research
software, no medical device.

Reads       --inbox; the champion, or data/onnx/<first model>/model.onnx with
            data/monitor/reference.npz; ingest.corrections
Writes      reports/monitor.html, reports/monitor.json, data/monitor/history.csv and
            data/monitor/inboxes/<fingerprint>/
Params      monitor; ingest.corrections, ingest.patient_salt; compute
Fails when  the inbox is missing or empty; the network or the reference is missing, damaged, or
            of another network; a table of earlier runs is damaged
Run         python -m tasks.monitor --inbox DIR [--network DIR] [--result FILE]
"""

import argparse
from pathlib import Path

from tasks.core import paths, stage


def add_monitor_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this program."""
    parser.add_argument(
        "--inbox", type=Path, required=True, metavar="DIR", help="folder of the new films"
    )
    parser.add_argument(
        "--network",
        type=Path,
        metavar="DIR",
        help="folder of a released network (default: the champion, or the first of `models`)",
    )
    parser.add_argument(
        "--result",
        type=Path,
        metavar="FILE",
        help=f"write the result of this run to FILE too; {paths.MONITOR_JSON} is that of the last",
    )


def main(arguments: argparse.Namespace) -> None:
    """Load the network, look at the inbox, write."""
    from datetime import UTC, datetime

    from tasks.core.atomic import write_json
    from tasks.core.params import load_params
    from tasks.monitor.monitor_run import monitor_inbox
    from tasks.monitor.watched_network import load_watched

    params = load_params(paths.PARAMS)
    watched = load_watched(arguments.network, params)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    result = monitor_inbox(arguments.inbox, watched, params, now)
    if arguments.result is not None:
        write_json(arguments.result, result)


if __name__ == "__main__":
    stage.run_program("monitor", __doc__, main, add_monitor_arguments)
