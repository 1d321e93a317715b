"""What would stop a run hours later, or with a traceback: found before the first stage."""

import os
from collections.abc import Collection
from pathlib import Path

from flows.dag import FlowError
from tasks.core import paths
from tasks.core.errors import ParamsError, SourceError

FIRST_STAGE = "ingest"  # a project without it has parameters of another form


def check_project(root: Path, stages: Collection[str]) -> None:
    """Check every parameter, what each network needs, and that the films are there.

    Args:
        root: Folder that holds `.dvc`.
        stages: Names of the stages that the run may start.

    Raises:
        FlowError: A key or value of params.yaml breaks its rule, a network lacks what it needs, or
            films are missing.
    """
    if FIRST_STAGE not in stages or not (root / paths.PARAMS).is_file():
        return
    from tasks.core.params import load_params
    from tasks.core.preflight import require_networks, require_sources

    try:
        params = load_params(root / paths.PARAMS)
        require_networks(params, root)
        require_sources(params, root)
    except (ParamsError, SourceError) as error:
        raise FlowError(
            error.rule, found=error.found, where=error.where, next_step=error.next_step
        ) from error


def require_writable(root: Path) -> None:
    """Refuse a project in which DVC could write nothing.

    Args:
        root: Folder that holds `.dvc`.

    Raises:
        FlowError: The folder or `.dvc` in it is read-only for this user.
    """
    for folder in (root, root / ".dvc"):
        if folder.is_dir() and not os.access(folder, os.W_OK):
            raise FlowError(
                "A run must be able to write its results and DVC's records.",
                found="a read-only folder",
                where=str(folder),
                next_step="Correct the rights or the mount, or clone the repository to a folder "
                "of your own: `git clone`, then `dvc pull`.",
            )
