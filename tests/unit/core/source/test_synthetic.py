"""A source says itself that its films are synthetic."""

from pathlib import Path

import pytest

from tasks.core.source.source import open_source
from tasks.core.source.synthetic import MARKER_NAME, is_synthetic
from tests.films import write_tree, write_zip


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], False),
        (["NORMAL/a.jpeg"], False),
        ([MARKER_NAME], True),
        (["a.jpeg", f"kaggle/deep/{MARKER_NAME}"], True),
        ([f"{MARKER_NAME}/a.jpeg", f"not-{MARKER_NAME}", MARKER_NAME.lower()], False),
    ],
)
def test_the_marker_may_lie_in_any_folder(paths: list[str], expected: bool) -> None:
    assert is_synthetic(paths) is expected


def test_the_name_of_the_source_does_not_matter(tmp_path: Path) -> None:
    files = {"kaggle/NORMAL/a.jpeg": b"1", f"kaggle/{MARKER_NAME}": b"drawn"}
    write_tree(tmp_path / "raw", files)
    write_tree(tmp_path / "data/phantom", {"NORMAL/a.jpeg": b"1"})
    write_zip(tmp_path / "raw.zip", files)
    for location, expected in (("raw", True), ("data/phantom", False), ("raw.zip", True)):
        with open_source(str(tmp_path / location)) as source:
            assert is_synthetic(source.paths()) is expected
