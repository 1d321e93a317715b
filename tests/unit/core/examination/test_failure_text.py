"""The detail of a rejection is one safe line."""

import errno

import pytest

from tasks.core.examination.failure_text import read_failure, safe_detail


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("cannot read <_io.BytesIO object at 0x7f2a4c>", "cannot read"),
        ("[Errno 2] No such file: '/home/user/films/a.png'", "[Errno 2] No such file: '(a path)'"),
        ("C:\\Users\\me\\a.png is gone", "(a path) is gone"),
        ("s3://bucket/key?signature=secret failed", "(a path) failed"),
        ("a\x1b[31mred\0 line\nbreak", "a [31mred line break"),
        ("JPEG Lossless (Process 14 [Selection Value 1])", None),
        ("20 x 300 px", None),
        ("", ""),
    ],
)  # fmt: skip
def test_a_detail_is_one_printable_line_without_places(text: str, safe: str | None) -> None:
    assert safe_detail(text) == (text if safe is None else safe or None)
    assert len(str(safe_detail("long " * 100))) == 200


def test_a_file_that_cannot_be_read_says_why() -> None:
    denied = PermissionError(errno.EACCES, "Permission denied", "/home/user/films/a.png")
    assert read_failure(denied, "a.png") == "permission denied"
    locked = PermissionError("a.png is encrypted; unpack the zip with its password first")
    assert read_failure(locked, "a.png") == (
        "the file is encrypted; unpack the zip with its password first"
    )
