"""Command line of `python -m flows.retrain`; it imports neither Prefect nor DVC."""

import argparse
from pathlib import Path

from flows.number_arguments import positive_integer
from flows.program import program_parser


def parse_arguments(doc: str | None, argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line; `--help` and errors end the program.

    Args:
        doc: Text that `--help` prints.
        argv: Arguments; those of the process if None.
    """
    parser = program_parser("retrain", doc)
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="DIR", help="DVC project (default: here)"
    )
    parser.add_argument(
        "--target", metavar="STAGE", help="run only this stage and the stages that it needs"
    )
    parser.add_argument(
        "--max-workers",
        type=positive_integer,
        default=2,
        metavar="N",
        help="stages that run at the same time (default: 2)",
    )
    parser.add_argument(
        "--publish",
        action="store_true",
        help="commit the results, and promote the release if the gate lets it pass",
    )
    parser.add_argument(
        "--worktree",
        action="store_true",
        help="run in a working tree of its own, on the branch `retrain`; your files stay",
    )
    parser.add_argument("--serve-cron", type=_moved, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _moved(cron: str) -> None:
    raise argparse.ArgumentTypeError(f'is a program now: python -m flows.serve --cron "{cron}"')
