"""What differs between two runs of one pipeline, and which stage made it."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tasks.core import paths

ROOT_LOCK = Path("dvc.lock")
_LOCKS = (ROOT_LOCK, Path("tasks/core/phantom/dvc.lock"))
_IN_GIT = paths.TEST_LEDGER  # stages write it, and none declares it
_MOST_LISTED = 40


@dataclass(frozen=True)
class Difference:
    """A file or an entry of dvc.lock. stage: that made it. how: in words."""

    stage: str
    place: str
    how: str


@dataclass(frozen=True)
class Comparison:
    """n_files, n_stages: how many were compared. differences: in the order of the stages."""

    n_files: int
    n_stages: int
    differences: tuple[Difference, ...]

    def lines(self) -> list[str]:
        """Text for the terminal; the first stage that differs is most likely the cause."""
        counted = f"{self.n_stages} stages, {self.n_files} files"
        if not self.differences:
            return [f"equal to the byte: {counted}"]
        shown = [f"  {one.stage}: {one.place} {one.how}" for one in self.differences[:_MOST_LISTED]]
        left = len(self.differences) - len(shown)
        return [
            f"{len(self.differences)} differences in {counted}; look at the first stage first",
            *shown,
            *([f"  and {left} more"] if left else []),
        ]


def compare_clones(first: Path, second: Path) -> Comparison:
    """Compare dvc.lock and every file that a stage wrote.

    Args:
        first: Root of a clone in which all stages have run.
        second: Root of another one of the same commit.
    """
    locks = [_read_lock(root) for root in (first, second)]
    stages = dict.fromkeys((*locks[0], *locks[1]))
    differences = [one for stage in stages for one in _entries(stage, *locks)]
    n_files = 0
    for stage, place in (*_outputs(locks[0]), ("evaluate and others", _IN_GIT)):
        files = [_digests(root, root / place) for root in (first, second)]
        n_files += len(files[0])
        differences += [Difference(stage, name, how) for name, how in _unlike(*files)]
    order = {stage: number for number, stage in enumerate(stages)}
    differences.sort(key=lambda one: order.get(one.stage, len(order)))
    if not differences and any(
        (first / lock).read_bytes() != (second / lock).read_bytes() for lock in _LOCKS
    ):
        differences = [Difference("all", str(ROOT_LOCK), "has the same entries in another order")]
    return Comparison(n_files, len(stages), tuple(differences))


def _read_lock(root: Path) -> dict[str, Any]:
    """Stages of both lock files by name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = {}
    for lock in reversed(_LOCKS):
        found |= yaml.load((root / lock).read_bytes(), loader)["stages"]  # noqa: S506 - it is safe
    return found


def _entries(stage: str, *locks: Mapping[str, Any]) -> Iterator[Difference]:
    """Parts of an entry that differ: `cmd`, `deps`, `params`, `outs`."""
    one, other = (lock.get(stage, {}) for lock in locks)
    for part in dict.fromkeys((*one, *other)):
        if one.get(part) != other.get(part):
            yield Difference(stage, f"{ROOT_LOCK}, {part}", "differs")


def _outputs(lock: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    for stage, entry in lock.items():
        for out in entry.get("outs", []):
            yield stage, Path(out["path"])


def _digests(root: Path, place: Path) -> dict[str, str]:
    """SHA-256 of each file at a place, by its path below the root."""
    files = [place] if place.is_file() else sorted(place.rglob("*"))
    return {
        file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.is_file() and file.name != ".gitignore"
    }


def _unlike(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted({*first, *second}):
        if name not in second:
            yield name, "is in the first only"
        elif name not in first:
            yield name, "is in the second only"
        elif first[name] != second[name]:
            yield name, "has other bytes"
