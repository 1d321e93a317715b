"""The folder of a version: a copy of its files from DVC's cache, whole or not there."""

import json
import shutil
from pathlib import Path
from typing import Any

from flows.dag import FlowError
from flows.publish.empty_objects import remove_empty_objects
from flows.publish.release_commit import ReleaseCommit
from tasks.core import paths
from tasks.core.atomic import atomic_path
from tasks.core.dvc_hash import dvc_md5


def fill_champion(root: Path, version: str, release: ReleaseCommit) -> Path:
    """Fill the folder of a version, unless it holds exactly its files already.

    Args:
        root: Root of the repository.
        version: Such as `v0.1.0`.
        release: The commit of the version, and the hash of its folder.

    Returns:
        `data/champions/<version>`, below `root`.

    Raises:
        FlowError: A file is neither in DVC's cache nor in the remote, or a file of the cache is
            damaged.
    """
    folder = root / paths.champion_folder(version)
    if folder.is_dir() and dvc_md5(folder) == release.md5:
        return folder
    files = _cached_files(root, version, release)
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        for name, cached in files.items():
            shutil.copyfile(cached, temporary / name)
        found = dvc_md5(temporary)
        if found != release.md5:
            raise FlowError(
                f"The files of {version} must have the hashes that its commit names.",
                found=f"{found}, not {release.md5}",
                where="the cache of DVC",
                next_step="Run `dvc checkout` and `dvc status`, which remove damaged files of the"
                " cache; then type the command again, which fetches them from the remote.",
            )
    return folder


def remove_other_champions(root: Path, kept: set[str]) -> None:
    """Remove the folders of versions that are not in `kept`; a rollback fills them again."""
    for folder in (root / paths.CHAMPIONS).glob("v*"):
        if folder.name not in kept:
            shutil.rmtree(folder)


def _cached_files(root: Path, version: str, release: ReleaseCommit) -> dict[str, Path]:
    """Place in DVC's cache of each file of a release, by name; fetched if one is missing."""
    from dvc.repo import Repo

    with Repo(str(root), _wait_for_lock=True) as repo:
        cache = Path(repo.cache.local.path)
        files = _listed(cache, release.md5)
        if files is None:
            remove_empty_objects(cache)
            try:
                repo.fetch([paths.RELEASE.as_posix()], revs=[release.commit], workspace=False)
            except Exception as error:  # each kind of remote has error classes of its own
                raise _missing(version, " ".join(str(error).split()), cache) from error
            files = _listed(cache, release.md5)
    if files is None:
        raise _missing(version, "they are not there", cache)
    return files


def _listed(cache: Path, md5: str) -> dict[str, Path] | None:
    """Place of each file of a folder in the cache; None if one of them is not there or is empty.

    Source: DVC 3, `files/md5/ab/cdef....dir` holds `[{"md5": ..., "relpath": ...}, ...]`.
    """
    try:
        listed: list[dict[str, Any]] = json.loads(_place(cache, md5).read_bytes())
    except (FileNotFoundError, ValueError):  # not there, or empty
        return None
    files = {entry["relpath"]: _place(cache, entry["md5"]) for entry in listed}
    is_whole = all(place.is_file() and place.stat().st_size for place in files.values())
    return files if is_whole else None


def _place(cache: Path, md5: str) -> Path:
    return cache / md5[:2] / md5[2:]


def _missing(version: str, why: str, cache: Path) -> FlowError:
    return FlowError(
        f"The files of {version} must be in DVC's cache or in a remote.",
        found=why,
        where=str(cache),
        next_step="Name the remote that has them (`dvc remote add -d NAME URL`) or reach it, and"
        " type the command again.",
    )
