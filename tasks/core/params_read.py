"""What this process has read from params.yaml."""

from typing import Any

_READ: list[Any] = []


def note_params(values: Any) -> Any:
    """Keep values that this process has read from params.yaml; return them.

    A later look at the file would miss a change that was taken back meanwhile.

    Args:
        values: Content of params.yaml. Nobody may change it.
    """
    _READ.append(values)
    return values


def noted_params() -> list[Any]:
    """Contents of params.yaml in the order in which they were read."""
    return list(_READ)
