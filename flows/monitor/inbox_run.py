"""Run the monitor on one inbox; no Prefect in it."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.dag import FlowError
from flows.monitor.room_process import run_room
from tasks.core import paths
from tasks.core.atomic import read_json


@dataclass(frozen=True)
class InboxRun:
    """What was found: `reports/monitor.json`, or None and the last lines of a failure."""

    result: dict[str, Any] | None
    message: str


def run_inbox(
    inbox: str, root: Path, network: str | None, report: Callable[[str], None]
) -> InboxRun:
    """Compare the films of an inbox with those of the training.

    Args:
        inbox: Folder of the new films, absolute or below `root`.
        root: From `project_folder`.
        network: Folder of a released network; None: the champion.
        report: Receives each line that the program prints.
    """
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary) / "result.json"
        arguments = ["--inbox", inbox, "--result", str(target)]
        arguments += [] if network is None else ["--network", network]
        done = run_room("tasks.monitor", arguments, root, report)
        if done.exit_code:
            lines = "\n".join(done.last_lines)
            return InboxRun(None, f"the inbox could not be compared\n{lines}")
        result = read_json(target)
    return InboxRun(result, result["headline"])


def project_folder(root: Path) -> Path:
    """Absolute path of the folder of a project.

    Raises:
        FlowError: It holds no params.yaml.
    """
    folder = root.resolve()
    if not (folder / paths.PARAMS).is_file():
        raise FlowError(
            "The folder of a project must hold params.yaml.",
            found="no such file",
            where=str(folder / paths.PARAMS),
            next_step="Name the folder of the repository with --root.",
        )
    return folder
