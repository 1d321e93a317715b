"""Spread: train several networks at the same time, each on a worker with a clone of its own.

The stages before them run here. A worker takes the project as a commit from the git remote
`origin` and its inputs from DVC's remote, runs one member of the stage, and sends the outputs to
DVC's remote. Then this program takes them: dvc.lock is that of a serial run, and
`python -m flows.retrain` goes on from there.

Run:  python -m flows.spread --target train
Exit: 0 all members are up to date; 1 a member failed; 2 it could not start;
      130 or 143 interrupted: the workers finish, and the next call takes what they made
"""

import argparse
import sys
from pathlib import Path

from flows.program import program_parser, run_until_stopped


def main(argv: list[str] | None = None) -> int:
    """Spread once; return the exit code."""
    arguments = _parse(argv)
    return run_until_stopped(lambda: _spread(arguments))


def _spread(arguments: argparse.Namespace) -> int:
    """Spread, and say how it ended."""
    # Prefect takes two seconds to import, so `--help` is answered first
    from flows.dag import FlowError, read_dag
    from flows.project_name import project_name
    from flows.retrain.prefect_server import require_server

    root = read_dag(arguments.root, arguments.target).root
    name = project_name(root, arguments.name)
    require_server()
    from flows.spread.coordinator import spread

    state = spread(str(root), arguments.target, arguments.pool, name, return_state=True)
    fault = None if state.is_completed() else state.result(raise_on_failure=False)
    if isinstance(fault, FlowError):
        raise fault
    sys.stdout.write(f"{state.message}\n")
    return 0 if state.is_completed() else 1


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = program_parser("spread", __doc__)
    add = parser.add_argument
    add("--root", type=Path, default=Path(), metavar="DIR", help="DVC project (default: here)")
    add("--name", help="name of the project on the server (default: its folder)")
    add("--target", default="train", metavar="STAGE", help="stage to spread (default: train)")
    add("--pool", default="lungline-stages", help="work pool (default: lungline-stages)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
