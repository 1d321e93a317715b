"""Serve a flow on a schedule, and end it with all that it started."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.runner import Runner
from pydantic import ValidationError

from flows.dag import FlowError


class _Server(Runner):
    """Prefect's runner, with Ctrl-C's way to end for SIGTERM too; its own hangs in 3.8."""

    def handle_sigterm(self, *_args: object, **_kwargs: object) -> None:
        signal.raise_signal(signal.SIGINT)


def serve(flow: Flow[..., Any], cron: str, parameters: Mapping[str, Any]) -> None:
    """Run a flow whenever the schedule says so, one run at a time, until interrupted.

    A second run at a time would only wait for the stages of the first.

    Args:
        flow: What to run; a module's own flow, for each run is a new process that imports it.
        cron: Five fields, in UTC.
        parameters: The flow's parameters.

    Raises:
        FlowError: The schedule cannot be read.
        KeyboardInterrupt: SIGINT or SIGTERM came. Runs in progress have ended their stages.
    """
    server = _Server(name=flow.name, limit=1)
    try:
        server.add_flow(flow, name="nightly", cron=cron, parameters=dict(parameters))
    except ValidationError as error:
        raise FlowError(
            "The schedule must be five cron fields: minute, hour, day, month, weekday.",
            found=repr(cron),
            where="--serve-cron",
            next_step='Write it like "0 2 * * *", which is 02:00 UTC each day.',
        ) from error
    sys.stderr.write(f"serving {flow.name}/nightly at {cron!r} (UTC); Ctrl-C ends it\n")
    try:
        asyncio.run(_serve_until_told(server))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _serve_until_told(server: Runner) -> None:
    """Serve; on SIGINT end the runs first, for Prefect would wait for them or forget them."""
    serving = asyncio.current_task()

    def end() -> None:
        _end_children()
        if serving is not None:
            serving.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, end)
    await server.start()


def _end_children() -> None:
    """Send SIGTERM to each run's process; where there is no /proc, the runs are waited for."""
    children = Path(f"/proc/self/task/{threading.main_thread().native_id}/children")
    if children.exists():
        for pid in children.read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)
