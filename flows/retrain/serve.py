"""Serve a flow on a schedule, and end its runs when the server ends."""

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
    """Prefect's runner; SIGTERM ends it like Ctrl-C. Prefect 3.8's own handler hangs."""

    def handle_sigterm(self, *_args: object, **_kwargs: object) -> None:
        signal.raise_signal(signal.SIGINT)


def serve(flow: Flow[..., Any], cron: str, parameters: Mapping[str, Any]) -> None:
    """Run a flow on a schedule, one run at a time, until interrupted.

    A second run at the same time would only wait for the stages of the first.

    Args:
        flow: Flow to run. It must be a global of a module, because each run is a new process that
            imports it.
        cron: Five cron fields, in UTC.
        parameters: Parameters of the flow.

    Raises:
        FlowError: `cron` is not a valid schedule.
        KeyboardInterrupt: SIGINT or SIGTERM arrived. The runs in progress have stopped their
            stages.
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
        asyncio.run(_serve_until_interrupted(server))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _serve_until_interrupted(server: Runner) -> None:
    """Serve; on SIGINT end the runs first, because Prefect would wait for them or lose them."""
    serving = asyncio.current_task()

    def end() -> None:
        _end_children()
        if serving is not None:
            serving.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, end)
    await server.start()


def _end_children() -> None:
    """Send SIGTERM to the process of each run; without /proc, Prefect waits for the runs."""
    children = Path(f"/proc/self/task/{threading.main_thread().native_id}/children")
    if children.exists():
        for pid in children.read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGTERM)
