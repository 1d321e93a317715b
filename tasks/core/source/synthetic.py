"""Whether films are synthetic: their source says so itself, by a file in it."""

from collections.abc import Sequence

MARKER_NAME = "SYNTHETIC.txt"


def is_synthetic(paths: Sequence[str]) -> bool:
    """Whether a source says that its films were drawn by a program.

    The name and place of the source do not matter: a copy of the folder, a zip or a bucket says it
    too.

    Args:
        paths: Paths of all files, as from `Source.paths`. The marker may lie in any folder.

    Example:
        >>> is_synthetic(["chest_xray/train/NORMAL/a.jpeg", "SYNTHETIC.txt"])
        True
    """
    return any(path.rpartition("/")[2] == MARKER_NAME for path in paths)
