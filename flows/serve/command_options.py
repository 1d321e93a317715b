"""Options of `python -m flows.serve`; it imports neither Prefect nor DVC."""

import argparse

from flows.number_arguments import positive_integer
from flows.program import program_parser
from flows.triggers.watch_options import add_watch_options


def parse_options(doc: str | None, argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line; `--help` and errors end the program.

    Args:
        doc: Text that `--help` prints.
        argv: Arguments; those of the process if None.
    """
    parser = program_parser("serve", doc)
    parser.add_argument("--cron", help='schedule of five fields, such as "0 2 * * *"')
    parser.add_argument(
        "--timezone", default="UTC", metavar="ZONE", help="time zone of --cron (default: UTC)"
    )
    parser.add_argument(
        "--watch",
        nargs="*",
        metavar="PLACE",
        help="run when films arrive in these folders, zips or URLs (default: the sources in"
        " params.yaml and the imports of DVC)",
    )
    add_watch_options(parser)
    parser.add_argument(
        "--in-place",
        action="store_true",
        help="run in the project itself, not in a working tree of its own on the branch `retrain`",
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
    return parser.parse_args(argv)
