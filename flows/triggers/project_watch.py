"""The watcher of a project, whose event reaches the Prefect server."""

from functools import partial
from pathlib import Path

from flows.project_name import project_name
from flows.triggers.events import DATA_CHANGED, emit
from flows.triggers.sources import find_places
from flows.triggers.watcher import Watcher


def project_watcher(root: Path, name: str | None, wanted: list[str], quiet_s: float) -> Watcher:
    """Return a watcher that emits `lungline.data.changed` for the project.

    Args:
        root: Folder that holds `.dvc`.
        name: Name of the project on the server; None takes the folder.
        wanted: Places to watch; if empty, those that the project reads.
        quiet_s: Seconds without a change after which new films count as complete.

    Raises:
        FlowError: The name is not valid, or there is no place to watch.
    """
    send = partial(emit, DATA_CHANGED, project_name(root, name))
    return Watcher(root, find_places(root, wanted), quiet_s, send)
