"""Send the data of a commit to the DVC remote before the commit gets a version."""

from pathlib import Path
from typing import Any

from flows.dag import FlowError
from flows.publish.empty_objects import remove_empty_objects
from flows.publish.errors import PublishError

HERE_ONLY = "here only: this project has no default DVC remote"


def push_data(root: Path) -> str:
    """Send all data that the commit names to the default DVC remote.

    Args:
        root: Root of the repository, whose tree is the commit.

    Returns:
        Where the data is now, in words.

    Raises:
        PublishError: The remote cannot be reached, or data is missing.
    """
    from dvc.repo import Repo

    with Repo(str(root), _wait_for_lock=True) as repo:
        name = repo.config["core"].get("remote")
        if name is None:
            return HERE_ONLY
        try:
            _mend(repo)
            n_files = repo.push()
        except Exception as error:  # each kind of remote has error classes of its own
            raise _not_sent(name, error) from error
    return f"in the DVC remote {name} ({n_files} files sent)"


def _mend(repo: Any) -> None:
    """Let DVC send again what a kill left empty in a remote that is a folder."""
    remote = repo.cloud.get_remote_odb()
    if remote.fs.protocol == "local":
        remove_empty_objects(Path(remote.path))


def _not_sent(name: str, error: Exception) -> FlowError:
    return PublishError(
        "The data of a version must be in the DVC remote before it gets its tag.",
        found=" ".join(f"{error} {error.__cause__ or ''}".split()),
        where=f"the DVC remote {name}",
        next_step="Reach the remote (`dvc push` tries it), and type the command again; nothing was"
        " changed. Without a remote: `dvc config core.remote --unset`.",
    )
