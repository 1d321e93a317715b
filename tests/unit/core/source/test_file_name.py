"""File names of any bytes: shown as text, found again, and their films read."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import SourceError
from tasks.core.source.file_name import name_on_disk, shown_name
from tasks.core.source.folder import FolderSource

NAMES = st.binary(min_size=1, max_size=20).filter(lambda name: b"\\x" not in name)


@given(NAMES)
def test_a_name_of_any_bytes_is_text_and_is_found_again(name: bytes) -> None:
    path = os.fsdecode(name)
    shown = shown_name(path)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert name_on_disk(shown) == path


def test_no_byte_of_ascii_is_unescaped() -> None:
    assert name_on_disk(r"a\x2f..\x2fb\x00\xe9") == os.fsdecode(rb"a\x2f..\x2fb\x00" + b"\xe9")


@pytest.mark.skipif(sys.platform != "linux", reason="the file system refuses such names")
def test_films_whose_names_are_not_utf8_are_listed_and_read(tmp_path: Path) -> None:
    names = {b"NORMAL/b\xff.jpeg": b"1", b"d\xe9/c.jpeg": b"2", "é.jpeg".encode(): b"3"}
    for name, data in names.items():
        file = tmp_path / os.fsdecode(name)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
    source = FolderSource(tmp_path, any_name=True)
    assert source.paths() == [r"NORMAL/b\xff.jpeg", r"d\xe9/c.jpeg", "é.jpeg"]
    assert [source.read(path) for path in source.paths()] == [b"1", b"2", b"3"]


@pytest.mark.skipif(sys.platform != "linux", reason="the file system refuses such names")
def test_the_written_form_of_a_byte_is_a_name_too(tmp_path: Path) -> None:
    (tmp_path / r"b\xff.jpeg").write_bytes(b"text")
    source = FolderSource(tmp_path, any_name=True)
    assert [source.read(path) for path in source.paths()] == [b"text"]
    (tmp_path / os.fsdecode(b"b\xff.jpeg")).write_bytes(b"byte")
    with pytest.raises(SourceError, match="must not have one name") as caught:
        source.paths()
    assert caught.value.found == r"b\xff.jpeg"
