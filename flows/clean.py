"""Remove what the stages of dvc.yaml wrote; files that git tracks stay.

Removes     every output of dvc.yaml, for the models of params.yaml and for all earlier ones;
            checkpoints, unfinished folders and `dvc_plots/`
Keeps       data/raw, data/phantom, DVC's cache, .venv, and all files in git
Run         python -m flows.clean, in the repository root
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from flows.dag import FlowError
from tasks.core import paths

PLOTS_PAGE = Path("dvc_plots")  # `dvc plots show` writes it
EVERY_NAME = "*"


def clean(root: Path) -> list[Path]:
    """Remove what the stages wrote, and the folders that are empty afterwards.

    Args:
        root: Folder with dvc.yaml, in a git repository.

    Returns:
        The removed files and folders, relative to `root`, sorted.

    Raises:
        FlowError: `root` has no dvc.yaml or is in no git repository.
    """
    tracked = _tracked_files(root)
    patterns = [str(path) for path in output_patterns(root)]
    written = {path for pattern in patterns for path in root.glob(pattern)}
    removed = {path for place in sorted(written) for path in _remove_untracked(place, tracked)}
    for path in removed:
        _remove_empty_folders(path.parent, root)
    return sorted(path.relative_to(root) for path in removed)


def output_patterns(root: Path) -> Iterator[Path]:
    """Yield a glob pattern for each place that a stage writes to, relative to `root`.

    Raises:
        FlowError: `root` has no dvc.yaml.
    """
    try:
        stages = yaml.safe_load((root / paths.PIPELINE).read_bytes())["stages"]
    except FileNotFoundError as error:
        raise FlowError(
            "The folder to clean must have a dvc.yaml.",
            found="no such file",
            where=str(root.absolute()),
            next_step="Run the command in the repository root.",
        ) from error
    for stage in stages.values():
        for output in _outputs(stage):
            path = Path(re.sub(r"\$\{[^}]*\}", EVERY_NAME, output))
            yield path
            yield path.with_name(f".{path.name}.*")  # written by an interrupted stage
    yield paths.PHANTOM.with_name(f".{paths.PHANTOM.name}.*")  # written by a killed `make phantom`
    yield from (paths.training_dir(EVERY_NAME), paths.CHECKPOINTS, PLOTS_PAGE)


def _outputs(stage: dict[str, Any]) -> Iterator[str]:
    """Yield the paths of `outs`, `metrics` and `plots`; an entry is a path or {path: options}."""
    for kind in ("outs", "metrics", "plots"):
        for entry in stage.get(kind, []):
            yield entry if isinstance(entry, str) else next(iter(entry))


def _tracked_files(root: Path) -> set[Path]:
    """Return the absolute paths of all files in git."""
    command = ["git", "ls-files", "-z"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise FlowError(
            "The folder to clean must be in a git repository, because files in git are kept.",
            found=str(getattr(error, "stderr", None) or error).strip(),
            where=str(root.absolute()),
            next_step="Install git if it is missing; then type `git init && git add --all`, or run"
            " the command in a clone of the repository.",
        ) from error
    return {root / name for name in done.stdout.split("\0") if name}


def _remove_untracked(place: Path, tracked: set[Path]) -> Iterator[Path]:
    """Remove a file or folder, but not what git tracks in it; yield what was removed."""
    if place in tracked:
        return
    if not any(place in file.parents for file in tracked):
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        yield place
        return
    for inner in sorted(place.iterdir()):
        yield from _remove_untracked(inner, tracked)


def _remove_empty_folders(folder: Path, root: Path) -> None:
    """Remove a folder and its parents below `root`, up to the first that is not empty."""
    with suppress(OSError):
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def main() -> None:
    """Clean the current folder and print what was removed."""
    argparse.ArgumentParser(
        prog="python -m flows.clean",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    try:
        removed = clean(Path())
    except FlowError as error:
        sys.exit(f"ERROR: {error}")
    sys.stdout.write("".join(f"removed {path}\n" for path in removed))


if __name__ == "__main__":
    main()
