"""Command line of `python -m flows.retrain`; it imports neither Prefect nor DVC."""

import argparse
from pathlib import Path


def parse_arguments(doc: str | None, argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line; `--help` and errors end the program.

    Args:
        doc: Text that `--help` prints.
        argv: Arguments; those of the process if None.
    """
    parser = argparse.ArgumentParser(
        prog="python -m flows.retrain",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="DIR", help="DVC project (default: here)"
    )
    parser.add_argument(
        "--target", metavar="STAGE", help="run only this stage and the stages that it needs"
    )
    parser.add_argument(
        "--max-workers",
        type=_positive_integer,
        default=2,
        metavar="N",
        help="stages that run at the same time (default: 2)",
    )
    parser.add_argument(
        "--serve-cron",
        metavar="CRON",
        help='keep running, and run the flow on a schedule in UTC, such as "0 2 * * *";'
        " needs a Prefect server",
    )
    return parser.parse_args(argv)


def _positive_integer(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, not {text!r}")
    return int(text)
