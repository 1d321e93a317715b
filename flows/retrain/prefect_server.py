"""Check that a Prefect server answers before the flow starts."""

import os

from prefect.client.orchestration import get_client
from prefect.context import get_settings_context
from prefect.settings import (
    PREFECT_API_REQUEST_TIMEOUT,
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    get_current_settings,
    temporary_settings,
)

from flows.dag import FlowError

# Prefect's own values make it wait for minutes; the request timeout is in seconds
IMPATIENT = {PREFECT_API_REQUEST_TIMEOUT: 10.0, PREFECT_CLIENT_MAX_RETRIES: 0}


def require_server(*, permanent: bool) -> None:
    """Check that a Prefect server answers; without PREFECT_API_URL, start a temporary one.

    Args:
        permanent: Whether the server must outlive this process.

    Raises:
        FlowError: No server answers, or `permanent` is set and PREFECT_API_URL is not.
    """
    url = get_current_settings().api.url
    if permanent and url is None:
        raise FlowError(
            "A schedule needs a permanent Prefect server.",
            found="no address",
            where="PREFECT_API_URL",
            next_step="Start one with `prefect server start`; it prints the address to set.",
        )
    try:
        with (
            temporary_settings(IMPATIENT),
            get_client(sync_client=True) as client,
        ):
            problem = client.api_healthcheck()
    except RuntimeError as error:
        problem = error
    if problem is not None:
        raise FlowError(
            "A Prefect server must answer.",
            found=str(problem) or type(problem).__name__,
            where=f"{url}, from {_origin()}" if url else "the temporary server of this run",
            next_step=_cure(permanent, url),
        ) from problem


def _origin() -> str:
    """Name the place that sets PREFECT_API_URL. Source: Prefect 3.8, order of its settings."""
    if "PREFECT_API_URL" in os.environ:
        return "the environment variable PREFECT_API_URL"
    profile = get_settings_context().profile
    if PREFECT_API_URL in profile.settings:
        return f"the Prefect profile {profile.name!r} (`prefect profile inspect` shows it)"
    return "a .env, prefect.toml or pyproject.toml of this folder"


def _cure(permanent: bool, url: str | None) -> str:
    start = "`prefect server start` starts a server on this machine"
    if url is None:
        return f"{start} and prints the address to set in PREFECT_API_URL."
    if permanent:
        return f"Start the server at that address, or set another; {start}."
    without = "unset PREFECT_API_URL"
    if "PREFECT_API_URL" not in os.environ:
        without = "prefect config unset PREFECT_API_URL"
    return (
        f"Start the server at that address (`prefect server start` on this machine), or type"
        f" `{without}` to use a temporary server."
    )
