"""Whether films are synthetic: their source says so itself."""

from collections.abc import Sequence
from pathlib import PurePosixPath

MARKER_NAME = "SYNTHETIC.txt"


def is_synthetic(paths: Sequence[str]) -> bool:
    """Whether a source, given by the paths of its files, holds the marker of synthetic films."""
    return any(PurePosixPath(path).name == MARKER_NAME for path in paths)
