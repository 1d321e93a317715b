"""The places of a project where new films may arrive, and the state of each."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flows.dag import FlowError
from tasks.core import paths
from tasks.core.params import load_params
from tasks.core.source_state import read_state

GIT_LIMIT_S = 60.0  # time for another repository to answer


@dataclass(frozen=True)
class Place:
    """A place that is watched.

    Attributes:
        name: What a person calls it: a path, a URL, or a `.dvc` file with its origin.
        read: Function that returns its state; two equal states mean that nothing changed.
            It raises LunglineError if the place cannot be reached.
    """

    name: str
    read: Callable[[], str]


def find_places(root: Path, wanted: list[str]) -> list[Place]:
    """Return the places to watch.

    Args:
        root: Folder that holds `.dvc`.
        wanted: Folders, zips and URLs, relative to `root`. If empty: those that params.yaml names
            (`ingest.source`, `evaluate.external`), and the origins of what DVC imports.

    Raises:
        FlowError: There is none.
        LunglineError: params.yaml is wrong.
    """
    names = wanted or _sources(root)
    places = [Place(name, partial(read_state, _from(root, name))) for name in names]
    if not wanted:
        places += _imports(root)
    if not places:
        raise FlowError(
            "There must be a place to watch.",
            found="no params.yaml with `ingest.source`, and no import of DVC",
            where=str(root),
            next_step="Name a folder or a URL: `--watch data/raw/films`.",
        )
    return places


def _sources(root: Path) -> list[str]:
    """Sources in params.yaml, each once; none without a params.yaml."""
    if not (root / paths.PARAMS).exists():
        return []
    params = load_params(root / paths.PARAMS)
    return list(dict.fromkeys([params.ingest.source, *params.evaluate.external.values()]))


def _from(root: Path, location: str) -> str:
    return location if "://" in location else str(root / location)


def _imports(root: Path) -> list[Place]:
    """Origins of `dvc import-url` and `dvc import`. DVC compares them only in `dvc update`."""
    from dvc.repo import Repo

    places = []
    with Repo(str(root), _wait_for_lock=True) as repo:
        for stage in repo.index.stages:
            if stage.is_import:
                name = f"{stage.relpath} from {stage.deps[0]}"
                places.append(Place(name, _reader(stage)))
    return places


def _reader(stage: Any) -> Callable[[], str]:
    """Function that reads the state of the origin of one import."""
    origin = stage.deps[0]
    if stage.is_repo_import:
        return partial(_git_state, stage.wdir, origin.def_repo)
    is_local = origin.fs.protocol == "local"
    location = origin.fs_path if is_local else origin.fs.unstrip_protocol(origin.fs_path)
    return partial(read_state, location)


def _git_state(folder: str, repo: dict[str, str]) -> str:
    """Commit that a branch or tag of another repository names now; `dvc update` would take it."""
    command = ["git", "ls-remote", repo["url"], repo.get("rev", "HEAD")]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            text=True,
            check=True,
            timeout=GIT_LIMIT_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise FlowError(
            "The origin of an import must answer.",
            found=(getattr(error, "stderr", None) or str(error)).strip(),
            where=repo["url"],
            next_step="Check the address and your access with `git ls-remote`.",
        ) from error
    return done.stdout.strip()
