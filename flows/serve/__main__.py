"""Serve a project on one machine: retrain it on a schedule, on new data, or on request.

Keeps running and needs a Prefect server (PREFECT_API_URL). Each run is a process of its own. A fire
that comes while a run is in progress ends at once as `Skipped`; fires that came while nothing was
served are cancelled as `Missed`; a run that a kill left `Running` is closed as `Crashed`.

Run:     python -m flows.serve --cron "0 2 * * *" --timezone Europe/Berlin
Data:    python -m flows.serve --watch
Now:     prefect deployment run retrain/NAME
Exit:    2 it could not start; 130 or 143 interrupted: the running stages were stopped
"""

import argparse
import sys
import threading
from pathlib import Path
from uuid import UUID

from flows.program import INTERRUPTED, run_until_stopped
from flows.serve.command_options import parse_options


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted; return the exit code."""
    arguments = parse_options(__doc__, argv)
    said = "stopped; the schedule is paused until it is served again"
    return run_until_stopped(lambda: _serve(arguments), said)


def _serve(arguments: argparse.Namespace) -> int:
    """Check the project and the server, and serve."""
    # Prefect takes two seconds to import, so `--help` is answered first
    from flows.dag import read_dag
    from flows.retrain.prefect_server import require_server

    root = read_dag(arguments.root, arguments.target).root
    require_server()
    _serve_project(arguments, root)
    return INTERRUPTED


def _serve_project(arguments: argparse.Namespace, root: Path) -> None:
    """Register the project, put the server's view right, and serve."""
    from flows.project_name import project_name
    from flows.scheduled_run import scheduled_retrain
    from flows.serve.deployment import check_name_is_free, register
    from flows.serve.runner import ProjectRunner, only_server, run_until_interrupted
    from flows.serve.schedule import check_schedule

    name = project_name(root, arguments.name)
    cron, said = None, "no schedule"
    if arguments.cron is not None:
        fire = check_schedule(arguments.cron, arguments.timezone)
        cron = (arguments.cron, arguments.timezone)
        said = f"{arguments.cron!r} in {arguments.timezone}, next at {fire:%Y-%m-%d %H:%M %Z}"
    parameters = {
        "root": str(root),
        "target": arguments.target,
        "max_workers": arguments.max_workers,
        "in_place": arguments.in_place,
    }
    with only_server(root):
        check_name_is_free(scheduled_retrain.name, name, root)
        runner = ProjectRunner(name=name, limit=None)
        _put_right(root, register(runner, scheduled_retrain, root, parameters, cron))
        _watch(arguments, root)
        sys.stderr.write(f"serving {scheduled_retrain.name}/{name}: {said}; Ctrl-C ends it\n")
        run_until_interrupted(runner)


def _put_right(root: Path, deployment_id: UUID) -> None:
    """Close what an earlier process left on the server; say what was closed."""
    from prefect.client.orchestration import get_client

    from flows.left_runs import close_left_runs, drop_missed_runs
    from flows.run_lock import running_run

    with get_client(sync_client=True) as client:
        for name in close_left_runs(client, root, running_run(root), spare_young=False):
            sys.stderr.write(f"closed the run {name}, whose process was gone\n")
        for name in drop_missed_runs(client, deployment_id):
            sys.stderr.write(f"cancelled the run {name}, which nothing had served\n")


def _watch(arguments: argparse.Namespace, root: Path) -> None:
    """Watch for new films in a thread, which ends with this process."""
    from flows.triggers.project_watch import project_watcher
    from flows.triggers.watcher import watch

    if arguments.watch is None:
        return
    watcher = project_watcher(root, arguments.name, arguments.watch, arguments.quiet_s)
    places = ", ".join(place.name for place in watcher.places)
    sys.stderr.write(f"watching {places}\n")
    work = (watcher, arguments.poll_s, threading.Event())
    threading.Thread(target=watch, args=work, daemon=True, name="watch").start()


if __name__ == "__main__":
    sys.exit(main())
