"""Tell a webhook that a run failed: a chat, a pager, or any program that takes JSON by HTTP POST.

The address may hold a secret, so it stands in the environment variable LUNGLINE_WEBHOOK and not in
params.yaml. Without the variable nothing is sent.
"""

import json
import os
import urllib.request
from collections.abc import Callable
from http.client import HTTPException

WEBHOOK = "LUNGLINE_WEBHOOK"
TIMEOUT_S = 2.0  # Ctrl-C promises an end in 5 s
MAX_CHARS = 3000  # Slack and Mattermost cut longer texts


def tell_failure(run: str, state: str, message: str, warn: Callable[[str], None]) -> None:
    """Post a failed run to the webhook; a dead webhook is a warning, never a failure.

    Args:
        run: Name of the run, with an address that shows it if there is one.
        state: `Failed` or `Crashed`.
        message: What happened; its first lines are the most important.
        warn: Function that takes a warning.
    """
    address = os.environ.get(WEBHOOK)
    if not address:
        return
    text = f"retrain {state}: {run}\n{message}"[:MAX_CHARS]
    # `text` is what Slack, Mattermost and Rocket.Chat show; the others are for programs
    body = {"text": text, "flow": "retrain", "run": run, "state": state, "message": message}
    try:
        request = urllib.request.Request(  # noqa: S310 - the operator chose the address
            address,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
            pass
    except (OSError, ValueError, HTTPException) as error:
        warn(f"the webhook of {WEBHOOK} was not told: {_without_address(error, address)}")


def _without_address(error: Exception, address: str) -> str:
    """Describe an error without the address: it may hold a secret, and logs are read by many."""
    return f"{type(error).__name__}: {error}".replace(address, f"${WEBHOOK}")
