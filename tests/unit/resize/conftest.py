"""A source of films for the tests of this folder."""

from pathlib import Path

import pytest

from tests.films import write_tree
from tests.unit.resize.resized_films import FILES


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with the 40 films of FILES."""
    return write_tree(tmp_path / "films", FILES)
