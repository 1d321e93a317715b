"""Helpers for tests that need file names only, no files."""

from pathlib import Path

from tasks.ingest.layouts import Layout, detect_layout


def nothing_to_read(path: str) -> bytes:
    """Fail if a layout reads a file."""
    raise AssertionError(f"{path} was read")


def layout_of(paths: list[str], wanted: str = "auto") -> Layout:
    """The layout of paths without an index."""
    layout = detect_layout(paths, wanted, nothing_to_read)
    assert layout is not None
    return layout


def files_below(root: Path) -> list[str]:
    """POSIX paths of all files below a folder, sorted."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
