"""Which released network is in use: the newest of the git tags `classifier#champion#N`.

GTO writes the tags, by `python -m flows.promote`. This module needs the program git only.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tasks.core import paths
from tasks.core.errors import ScreeningError

ARTIFACT = "classifier"  # key of `artifacts` in dvc.yaml
IN_USE = "champion"
_NOT_A_REPOSITORY = "not a git repository"
# Source: GTO 1.10, constants.py `tag_re`: a `!` withdraws; N counts all assignments
_IN_USE_TAG = re.compile(rf"{ARTIFACT}#{IN_USE}(?P<withdrawn>!?)#(?P<count>[0-9]+)")
_VERSION_TAG = re.compile(rf"{ARTIFACT}@(?P<version>v[0-9]+\.[0-9]+\.[0-9]+)")


@dataclass(frozen=True)
class ReleaseTags:
    """The tags of released networks.

    versions: commit of each version, in the order of the versions.
    champions: the versions that were put into use, the first one first; None where none was in use
        any more.
    """

    versions: dict[str, str]
    champions: tuple[str | None, ...]

    @property
    def champion(self) -> str | None:
        """The version in use."""
        return self.champions[-1] if self.champions else None


def read_release_tags(root: Path) -> ReleaseTags:
    """Read the tags of released networks; none without git or outside a git repository.

    Args:
        root: A folder of the repository.

    Raises:
        ScreeningError: git refuses to read the repository.
    """
    commits = _commits_of_tags(root)
    found = {tag: match["version"] for tag in commits if (match := _VERSION_TAG.fullmatch(tag))}
    versions = {found[tag]: commits[tag] for tag in sorted(found, key=lambda t: _order(found[t]))}
    version_of = {commit: version for version, commit in versions.items()}
    events = sorted(
        (int(match["count"]), tag, bool(match["withdrawn"]))
        for tag in commits
        if (match := _IN_USE_TAG.fullmatch(tag))
    )
    champions = (None if gone else version_of.get(commits[tag]) for _, tag, gone in events)
    return ReleaseTags(versions, tuple(champions))


def champion_dir(root: Path = Path()) -> Path | None:
    """Folder of the released network that is in use.

    Args:
        root: Root of the repository.

    Returns:
        `data/champions/<version>`, below `root`; None if no version was ever put into use.

    Raises:
        ScreeningError: The folder of the version in use is missing, or git refuses to read the
            repository.
    """
    version = read_release_tags(root).champion
    if version is None:
        return None
    folder = root / paths.champion_folder(version)
    if not paths.release_json(folder).is_file():
        raise ScreeningError(
            "the version in use must be in its folder",
            found="no such folder" if not folder.exists() else "no release.json in it",
            where=str(folder),
            next_step=f"run `python -m flows.rollback {version}`, which fills it again, or name"
            " another network with --model",
        )
    return folder


def champion_version(network: Path) -> str | None:
    """The version that a network file belongs to, read from its path.

    Example:
        >>> champion_version(Path("data/champions/v0.2.0/model.onnx"))
        'v0.2.0'
    """
    folder = network.parent
    is_champion = folder.parts[-3:-1] == paths.CHAMPIONS.parts
    return folder.name if is_champion else None


def _order(version: str) -> tuple[int, ...]:
    """Key that sorts v0.10.0 behind v0.9.0."""
    return tuple(map(int, version[1:].split(".")))


def _commits_of_tags(root: Path) -> dict[str, str]:
    """The commit of each annotated tag of the artifact; GTO ignores other tags."""
    command = ["git", "for-each-ref", "--format=%(refname:strip=2) %(*objectname)"]
    english = os.environ | {"LC_ALL": "C"}
    try:
        done = subprocess.run(
            [*command, f"refs/tags/{ARTIFACT}[@#]*"],
            cwd=root,
            env=english,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:  # git is not installed
        return {}
    if done.returncode and _NOT_A_REPOSITORY not in done.stderr:
        raise ScreeningError(
            "git must be able to say which network is in use",
            found=" ".join(done.stderr.split()),
            where=str(root.absolute()),
            next_step="correct what git names, or name a network with --model",
        )
    pairs = (line.split(" ") for line in done.stdout.splitlines())
    return {tag: commit for tag, commit in pairs if commit}
