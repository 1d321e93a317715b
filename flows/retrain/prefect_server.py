"""Check that a Prefect server answers before the flow starts; how its loss shows."""

import os

import httpx
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
# While the flow runs, a call is repeated once, after 2 s: a server that is gone costs seconds
FEW_RETRIES = {PREFECT_API_REQUEST_TIMEOUT: 10.0, PREFECT_CLIENT_MAX_RETRIES: 1}
# What a call raises when the server is gone or refuses it
SERVER_ERRORS = (httpx.TransportError, httpx.HTTPStatusError)


def require_server() -> None:
    """Check that the Prefect server answers.

    Raises:
        FlowError: It does not answer, or PREFECT_API_URL is not set.
    """
    url = get_current_settings().api.url
    if url is None:
        raise FlowError(
            "A schedule needs a Prefect server.",
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
            where=f"{url}, from {_origin()}",
            next_step=_cure(url),
        ) from problem


def _origin() -> str:
    """Name the place that sets PREFECT_API_URL. Source: Prefect 3.8, order of its settings."""
    if "PREFECT_API_URL" in os.environ:
        return "the environment variable PREFECT_API_URL"
    profile = get_settings_context().profile
    if PREFECT_API_URL in profile.settings:
        return f"the Prefect profile {profile.name!r} (`prefect profile inspect` shows it)"
    return "a .env, prefect.toml or pyproject.toml of this folder"


def _cure(url: str) -> str:
    if not url.rstrip("/").endswith("/api"):  # its pages answer there, and its API does not
        return f"The address of a server ends in /api: write {url.rstrip('/')}/api."
    without = "unset PREFECT_API_URL"
    if "PREFECT_API_URL" not in os.environ:
        without = "prefect config unset PREFECT_API_URL"
    return (
        f"Start the server at that address (`prefect server start` on this machine), or type"
        f" `{without}` to run without one."
    )
