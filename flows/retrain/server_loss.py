"""The Prefect server is lost while the flow runs: what DVC did counts, and the run ends soon."""

import logging
import time

from prefect.client.orchestration import get_client
from prefect.settings import temporary_settings

from flows.outcome import RunResult
from flows.retrain.prefect_server import IMPATIENT

RESTART_S = 10.0  # a server that is started again answers within this time
_RETRY_S = 1.0
_TALKATIVE = ("prefect.events.clients", "prefect._internal.concurrency")


class ServerLost(BaseException):
    """The server is gone, so Prefect cannot store the state of the run.

    This is no Exception, because Prefect would log a traceback and ask the server again.

    Args:
        result: What the run did.
    """

    def __init__(self, result: RunResult) -> None:
        super().__init__("the Prefect server does not answer any more")
        self.result = result


def server_answers() -> bool:
    """Whether the server answers within RESTART_S."""
    deadline_s = time.monotonic() + RESTART_S
    while True:
        with temporary_settings(IMPATIENT), get_client(sync_client=True) as client:
            if client.api_healthcheck() is None:
                return True
        if time.monotonic() > deadline_s:
            mute_prefect(logging.CRITICAL)
            return False
        time.sleep(_RETRY_S)


def mute_background_errors() -> None:
    """Keep Prefect's background threads from writing dumps about a lost server.

    The program itself warns of it, once.
    """
    logging.raiseExceptions = False  # Source: Prefect 3.8, `APILogWorker._handle_batch`
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(lambda _: False)  # Prefect sets the levels anew


def mute_prefect(level: int) -> None:
    """Let Prefect log nothing below a level from now on."""
    for name in ("prefect", "prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).setLevel(level)
