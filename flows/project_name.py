"""The name under which the Prefect server knows a project: deployments and events carry it."""

import fcntl
import re
import uuid
from pathlib import Path

from flows.dag import FlowError

RUN_STATE = Path(".dvc/tmp/retrain")  # locks and notes of unattended runs; never in git
VALID_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def project_name(root: Path, name: str | None = None) -> str:
    """Return the given name, or one made of the name of the folder.

    Args:
        root: Folder that holds `.dvc`.
        name: Lower-case letters, digits and single dashes; None takes the folder.

    Raises:
        FlowError: The name has another character.

    Example:
        >>> project_name(Path("/srv/Chest films (2)"))
        'chest-films-2'
    """
    if name is None:
        return re.sub(r"[^a-z0-9]+", "-", root.resolve().name.lower()).strip("-") or "project"
    if not VALID_NAME.fullmatch(name):
        raise FlowError(
            "The name of a project has lower-case letters, digits and single dashes.",
            found=repr(name),
            where="--name",
            next_step="Write it like `chest-films-2`, or omit it to use the name of the folder.",
        )
    return name


def state_file(root: Path, name: str) -> Path:
    """Return the path of a file of this clone for unattended runs; its folder exists."""
    folder = root / RUN_STATE
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def clone_tag(root: Path) -> str:
    """Return the tag that marks the runs of this clone on the server, `clone:...`.

    Two machines may both have a clone at `/srv/lungline`, and a container has a new host name
    after each start; so each clone draws a number once.
    """
    with state_file(root, "clone").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two programs may start at once
        file.seek(0)
        number = file.read()
        if not number:
            number = uuid.uuid4().hex[:12]
            file.write(number)
    return f"clone:{number}"
