"""Serve the unattended runs of a project, and end them when the server ends."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prefect.runner import Runner

from flows.dag import FlowError
from flows.project_name import state_file
from tasks.core.exclusive_lock import exclusive_lock


class ProjectRunner(Runner):
    """Prefect's runner; SIGTERM ends it like Ctrl-C. Prefect 3.8's own handler hangs."""

    def handle_sigterm(self, *_args: object, **_kwargs: object) -> None:
        """Interrupt this process, as Ctrl-C does."""
        signal.raise_signal(signal.SIGINT)


@contextmanager
def only_server(root: Path) -> Iterator[None]:
    """Let one process serve a project at a time.

    Raises:
        FlowError: Another process serves it.
    """
    next_step = (
        "End the other `python -m flows.serve` first; under systemd, type"
        " `systemctl restart lungline-serve`."
    )
    path = state_file(root, "serve.lock")
    with exclusive_lock(path, "One process serves a project.", root, next_step, FlowError):
        yield


def run_until_interrupted(runner: Runner) -> None:
    """Start runs when they are due.

    Raises:
        KeyboardInterrupt: SIGINT or SIGTERM arrived. The runs in progress have stopped their
            stages.
    """
    try:
        asyncio.run(_serve_until_interrupted(runner))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _serve_until_interrupted(runner: Runner) -> None:
    """Serve; on SIGINT end the runs first, because Prefect would wait for them or lose them."""
    serving = asyncio.current_task()

    def end() -> None:
        _end_children()
        if serving is not None:
            serving.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, end)
    await runner.start()


def _end_children() -> None:
    """Send SIGTERM to the process of each run; without /proc, Prefect waits for the runs."""
    children = Path(f"/proc/self/task/{threading.main_thread().native_id}/children")
    if children.exists():
        for pid in children.read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)
