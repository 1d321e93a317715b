"""Watch for new films, and send the event that starts a run of the project.

Watches folders, zips and URLs (by names, sizes and times) and the origins of DVC imports. On one
machine `python -m flows.serve --watch` does the same; this program is for a project that a worker
runs. It must run where the worker of the project runs, because it waits for the end of a run.

Run:  python -m flows.triggers                 the sources in params.yaml and all imports
      python -m flows.triggers s3://films/new  one place
      python -m flows.triggers --once          end when nothing is new or the event is sent
Exit: 0 with --once; 2 it could not start; 130 or 143 interrupted
"""

import argparse
import sys
import threading

from flows.program import program_parser, run_until_stopped
from flows.triggers.watch_options import add_watch_options


def main(argv: list[str] | None = None) -> int:
    """Watch until interrupted, or until nothing waits; return the exit code."""
    arguments = _parse(argv)
    return run_until_stopped(lambda: _watch(arguments))


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = program_parser("triggers", __doc__)
    parser.add_argument(
        "places", nargs="*", metavar="PLACE", help="folder, zip or URL (default: see above)"
    )
    parser.add_argument("--once", action="store_true", help="end when nothing waits")
    add_watch_options(parser)
    return parser.parse_args(argv)


def _watch(arguments: argparse.Namespace) -> int:
    """Watch; with `--once`, until nothing waits."""
    # Prefect takes two seconds to import, so `--help` is answered first
    from flows.dag import read_dag
    from flows.retrain.prefect_server import require_server
    from flows.triggers.project_watch import project_watcher
    from flows.triggers.watcher import look_safely, watch

    root = read_dag(arguments.root).root
    require_server()
    watcher = project_watcher(root, arguments.name, arguments.places, arguments.quiet_s)
    never = threading.Event()
    if not arguments.once:
        watch(watcher, arguments.poll_s, never)
    sys.stderr.write(f"{look_safely(watcher)}\n")
    while watcher.is_waiting:
        never.wait(min(arguments.poll_s, arguments.quiet_s))
        sys.stderr.write(f"{look_safely(watcher)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
