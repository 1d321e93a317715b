"""Check that a Prefect server answers before the flow starts."""

from prefect.client.orchestration import get_client
from prefect.settings import get_current_settings

from flows.dag import FlowError


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
        with get_client(sync_client=True) as client:
            problem = client.api_healthcheck()
    except RuntimeError as error:
        problem = error
    if problem is not None:
        raise FlowError(
            "A Prefect server must answer.",
            found=str(problem),
            where=url or "the temporary server of this run",
            next_step="Start the server at that address, or unset PREFECT_API_URL to use a"
            " temporary server.",
        ) from problem
