"""Watch an inbox: score new films, compare them with the training, and tell Prefect of a drift.

The program `tasks.monitor` does the work in a process of its own, and writes reports/monitor.html.
With a Prefect server (PREFECT_API_URL), the run shows there what has moved, and a drift of an inbox
that was not seen before sends the event `lungline.drift.found`; with `monitor.on_drift: retrain` it
asks for a retraining too. Without a server, the findings are shown in this terminal only.

Run:   python -m flows.monitor --inbox DIR
Exit:  0 the inbox was compared, drift or not; 1 it could not be; 2 the flow could not start;
       130 or 143 interrupted, and the program was stopped
"""

import argparse
import sys
from pathlib import Path

from flows.program import program_parser, run_until_stopped


def main(argv: list[str] | None = None) -> int:
    """Run the flow once; return the exit code."""
    arguments = _parse(argv)
    return run_until_stopped(lambda: _run_once(arguments))


def _run_once(arguments: argparse.Namespace) -> int:
    """Run the flow on a server, or without one in this terminal."""
    from flows.dag import FlowError
    from flows.monitor.inbox_run import project_folder, run_inbox
    from flows.retrain.server_address import server_is_configured

    root = project_folder(arguments.root)
    inbox = str(arguments.inbox.absolute())
    network = None if arguments.network is None else str(arguments.network.absolute())
    if not server_is_configured():
        run = run_inbox(inbox, root, network, _print)
        sys.stdout.write(f"{run.message}\nno Prefect server: no event was sent\n")
        return 1 if run.result is None else 0
    from flows.monitor.monitor_flow import monitor
    from flows.retrain.prefect_server import require_server

    require_server()
    state = monitor(inbox, str(root), network, arguments.name, return_state=True)
    found = state.result(raise_on_failure=False)
    if isinstance(found, FlowError):
        raise found
    sys.stdout.write(f"{state.message}\n")
    return 0 if state.is_completed() else 1


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = program_parser("monitor", __doc__)
    parser.add_argument(
        "--inbox", type=Path, required=True, metavar="DIR", help="folder of the new films"
    )
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="DIR", help="folder of params.yaml (here)"
    )
    parser.add_argument(
        "--network", type=Path, metavar="DIR", help="folder of a released network (the champion)"
    )
    parser.add_argument(
        "--name", help="of the project in its events (default: made of the name of the folder)"
    )
    return parser.parse_args(argv)


def _print(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
