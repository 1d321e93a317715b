"""Images of earlier runs are reused, and the bytes are those of a run in an empty folder."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.resize import fill_store
from tasks.resize.fill_store import Counts
from tests.films import (
    write_tree,
)
from tests.unit.resize.resized_films import FILES, from_scratch, names_in, resize, some, store_bytes


def test_only_new_films_are_read_and_films_outside_the_cohort_are_removed(
    source: Path, tmp_path: Path
) -> None:
    assert resize(some(0, 30), source, tmp_path / "out/images") == Counts(30, 0, 0)
    for path in some(0, 30):
        (source / path).write_bytes(b"no film")  # reading one of them would fail
    counts = resize(some(5, 40), source, tmp_path / "out/images")
    assert counts == Counts(n_decoded=10, n_reused=25, n_removed=5)
    write_tree(source, FILES)
    assert store_bytes(tmp_path / "out/images") == from_scratch(some(5, 40), source)
    assert names_in(tmp_path / "out") == ["images"]


def test_without_new_films_nothing_is_decoded_and_no_byte_changes(
    source: Path, tmp_path: Path
) -> None:
    resize(FILES, source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    assert resize(FILES, tmp_path / "gone", tmp_path / "images") == Counts(0, 40, 0)
    assert store_bytes(tmp_path / "images") == before


@pytest.mark.slow
@given(
    cohorts=st.lists(st.sets(st.integers(0, 39)), min_size=1, max_size=5),
    n_workers=st.sampled_from([1, 2]),
)
@settings(max_examples=8, deadline=None)
def test_the_bytes_do_not_depend_on_earlier_cohorts(
    cohorts: list[set[int]], n_workers: int
) -> None:
    paths = list(FILES)
    with TemporaryDirectory() as temporary:
        source = write_tree(Path(temporary) / "films", FILES)
        folder = Path(temporary) / "images"
        former: set[int] = set()
        for cohort in cohorts:
            files = {paths[number]: FILES[paths[number]] for number in sorted(cohort)}
            expected = Counts(len(cohort - former), len(cohort & former), len(former - cohort))
            assert resize(files, source, folder, n_workers) == expected
            former = cohort
        assert store_bytes(folder) == from_scratch(files, source)


def test_all_films_are_decoded_again_if_a_parameter_changes(source: Path, tmp_path: Path) -> None:
    resize(FILES, source, tmp_path / "images")
    assert resize(FILES, source, tmp_path / "images", size_px=16) == Counts(40, 0, 0)
    assert store_bytes(tmp_path / "images") == from_scratch(FILES, source, size_px=16)


@pytest.mark.parametrize(
    ("changed", "value"), [("PIXEL_FORMAT", 0), ("pixel_libraries", lambda: {"pillow": "0.0"})]
)
def test_all_films_are_decoded_again_if_the_format_or_a_library_changes(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str, value: object
) -> None:
    resize(some(0, 3), source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    monkeypatch.setattr(fill_store, changed, value)
    assert resize(some(0, 3), source, tmp_path / "images") == Counts(3, 0, 0)
    monkeypatch.undo()
    assert resize(some(0, 3), source, tmp_path / "images") == Counts(3, 0, 0)
    assert store_bytes(tmp_path / "images") == before


def test_files_of_the_former_store_are_never_written_to(source: Path, tmp_path: Path) -> None:
    resize(some(0, 30), source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    (tmp_path / "cache").mkdir()
    for path in (tmp_path / "images").iterdir():  # as DVC links its cache
        (tmp_path / "cache" / path.name).hardlink_to(path)
        path.chmod(0o444)
    resize(FILES, source, tmp_path / "images")
    assert store_bytes(tmp_path / "cache") == before
