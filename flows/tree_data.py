"""What a second working tree shares with the first: DVC's cache, its remotes, and the films."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.dag import FlowError
from flows.git_command import run_git
from tasks.core import paths


def share_cache(root: Path, tree: Path) -> None:
    """Let DVC in the second tree use the cache, remotes and secrets of the first.

    A path in a configuration of DVC is relative to its file, so paths are written whole.

    Args:
        root: Root of the first working tree.
        tree: Root of the second one.
    """
    from dvc.repo import Repo

    with Repo(str(root), _wait_for_lock=True) as repo:
        settings = repo.config.read("local")
        settings["cache"]["dir"] = str(Path(repo.cache.local_cache_dir).absolute())
        for name, remote in repo.config["remote"].items():
            settings["remote"].setdefault(name, {}).setdefault("url", _whole(remote["url"]))
    with Repo(str(tree)) as own, own.config.edit("local") as written:
        written.clear()
        written.update(settings)


def _whole(url: str) -> str:
    return url if "://" in url else str(Path(url).absolute())


def show_sources(root: Path, tree: Path) -> None:
    """Make the films and tables that params.yaml names, and the champions, visible in the tree.

    What git or DVC brings into the tree is left to them. A folder that git knows in part is
    mirrored by hard links, because DVC follows no link inside a folder; another one is one link.
    """
    made = _made_by_dvc(tree)
    for place in (root / paths.CHAMPIONS, (tree / paths.CHAMPIONS).parent):
        place.mkdir(parents=True, exist_ok=True)
    for name in (paths.CHAMPIONS, *_named_paths(tree)):
        is_made = any(name == out or out in name.parents or name in out.parents for out in made)
        if not is_made and os.path.lexists(root / name):
            _show(root, tree, name)


def _named_paths(tree: Path) -> Iterator[Path]:
    """Paths inside the repository that params.yaml names."""
    import yaml

    file = tree / paths.PARAMS
    waiting: list[Any] = [yaml.safe_load(file.read_bytes())] if file.exists() else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            waiting += value.values() if isinstance(value, dict) else value
        elif isinstance(value, str) and "/" in value and "://" not in value:
            path = Path(os.path.normpath(value))
            if not path.is_absolute() and ".." not in path.parts:
                yield path


def _made_by_dvc(tree: Path) -> set[Path]:
    """Outputs of stages and files that DVC tracks: DVC brings them into the tree."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(tree)) as repo:
            found = {Path(out.fs_path) for out in repo.index.outs}
    except DvcException as error:
        raise FlowError(
            "DVC must be able to read the files of the commit that is retrained.",
            found=" ".join(f"{error} {error.__cause__ or ''}".split()),
            where=str(tree),
            next_step="Run `dvc status` in your tree, correct what it names, and commit it.",
        ) from error
    base = tree.resolve()
    return {path.relative_to(base) for path in found if path.is_relative_to(base)}


def _show(root: Path, tree: Path, name: Path) -> None:
    """Link the first part of a path that the tree lacks, or mirror a folder that it has."""
    for part in (*reversed(name.parents), name):
        place = tree / part
        if place.is_symlink():
            return
        if not place.exists():
            place.symlink_to((root / part).absolute())
            return
    if (tree / name).is_dir():
        _mirror(root, tree, name)


def _mirror(root: Path, tree: Path, name: Path) -> None:
    """Give a folder of the tree the files of the other one, without those that git tracks."""
    tracked = set(run_git(tree, "ls-files", "-z", "--", str(name)).split("\0"))
    wanted = {
        Path(folder, file).relative_to(root)
        for folder, _, files in os.walk(root / name)
        for file in files
    }
    there = {
        Path(folder, file).relative_to(tree)
        for folder, _, files in os.walk(tree / name)
        for file in files
    }
    for path in there - wanted:
        if path.as_posix() not in tracked:
            (tree / path).unlink()
    for path in wanted:
        if path.as_posix() not in tracked and not _is_same(root / path, tree / path):
            _link(root / path, tree / path)


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _link(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    try:
        os.link(source, place)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, place)
