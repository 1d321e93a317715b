"""Options of the programs that watch for new films; it imports neither Prefect nor DVC."""

import argparse
from pathlib import Path

from flows.number_arguments import positive_seconds


def add_watch_options(parser: argparse.ArgumentParser) -> None:
    """Add `--root`, `--name`, `--quiet-s` and `--poll-s`."""
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="DIR", help="DVC project (default: here)"
    )
    parser.add_argument("--name", help="name of the project on the server (default: its folder)")
    parser.add_argument(
        "--quiet-s",
        type=positive_seconds,
        default=60.0,
        metavar="S",
        help="seconds without a change after which new films count as complete (default: 60)",
    )
    parser.add_argument(
        "--poll-s",
        type=positive_seconds,
        default=30.0,
        metavar="S",
        help="seconds between two looks (default: 30)",
    )
