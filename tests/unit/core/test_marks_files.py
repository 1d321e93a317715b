"""Marks of reviewers are read as they were exported, and a broken line is named."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import SourceError
from tasks.core.marks_files import read_marks
from tasks.core.verdicts import MARK_COLUMNS, VERDICTS

ID = "a" * 64
GOOD = {
    "image_id": ID,
    "path": "train/NORMAL/one, two.jpeg",
    "label_seen": "NORMAL",
    "verdict": "wrong_label",
    "label": "viral_pneumonia",
    "comment": 'patchy "left"\nlower lobe',
    "initials": "AB",
    "model": "minivggnet",
}


def written(file: Path, *marks: dict[str, str], delimiter: str = ",") -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, MARK_COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(marks)
    file.write_text(text.getvalue(), encoding="utf-8")
    return file


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_mark_is_read_with_commas_quotes_and_line_ends(tmp_path: Path, delimiter: str) -> None:
    marks = read_marks(str(written(tmp_path / "a.csv", GOOD, delimiter=delimiter)))
    assert marks[list(MARK_COLUMNS)].to_dict("records") == [GOOD | {"label": "VIRAL PNEUMONIA"}]


def test_a_folder_gives_all_its_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b", "a"):
        written(tmp_path / f"{name}.csv", GOOD | {"initials": name})
    (tmp_path / "README.md").write_text("no marks")
    assert read_marks(str(tmp_path))["initials"].tolist() == ["a", "b"]


def test_an_empty_folder_and_a_header_alone_hold_no_mark(tmp_path: Path) -> None:
    assert read_marks(str(tmp_path)).empty
    assert read_marks(str(written(tmp_path / "a.csv"))).empty


def test_the_apostrophe_before_a_formula_is_taken_off_once(tmp_path: Path) -> None:
    comments = ["'=1+1", "'-2 cm", "'tis", "''=x"]
    file = written(tmp_path / "a.csv", *(GOOD | {"comment": text} for text in comments))
    assert read_marks(str(file))["comment"].tolist() == ["=1+1", "-2 cm", "'tis", "'=x"]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"image_id": "12"}, "image_id 12"),
        ({"image_id": ""}, "image_id empty"),
        ({"image_id": "A" * 64}, "image_id AAAA"),
        ({"verdict": "maybe"}, "verdict maybe"),
        ({"verdict": "agree"}, "verdict agree with label viral_pneumonia"),
        ({"comment": "x" * 2001}, "a field of more than 2000 characters"),
    ],
)
def test_a_broken_mark_is_refused_with_its_line(
    tmp_path: Path, changed: dict[str, str], found: str
) -> None:
    file = written(tmp_path / "a.csv", GOOD | {"comment": ""}, GOOD | {"comment": ""} | changed)
    with pytest.raises(SourceError) as refusal:
        read_marks(str(file))
    assert refusal.value.found.startswith(found)
    assert refusal.value.where == f"{file}, line 3"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "no column image_id, verdict, label"),
        (b"image_id,label\n", "no column verdict"),
        (b"\xff\xfeimage_id", "bytes that are no UTF-8, at byte 0"),
        (b"image_id,verdict,label\n" + ID.encode() + b",agree\n", "more or fewer fields"),
        (b"image_id,verdict,label\n" + ID.encode() + b",agree,,x\n", "more or fewer fields"),
        (b'image_id,verdict,label\n"' + ID.encode() + b'"x,agree,\n', "',' expected"),
    ],
)
def test_a_file_in_another_form_is_refused(tmp_path: Path, content: bytes, found: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(SourceError) as refusal:
        read_marks(str(tmp_path))
    assert found in refusal.value.found
    assert str(tmp_path / "a.csv") in refusal.value.where


def test_a_place_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        read_marks(str(tmp_path / "nowhere"))


_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="'"), max_size=20
).map(str.strip)


@given(st.lists(st.tuples(_TEXT, _TEXT, st.sampled_from(VERDICTS)), max_size=4))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, marks: list[tuple[str, str, str]]
) -> None:
    file = tmp_path_factory.mktemp("marks") / "a.csv"
    rows = [
        GOOD | {"label": "", "comment": comment, "initials": initials, "verdict": verdict}
        for comment, initials, verdict in marks
    ]
    written(file, *rows)
    found = read_marks(str(file))
    assert list(zip(found["comment"], found["initials"], found["verdict"], strict=True)) == marks


def test_no_csv_file_of_the_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "of CD").mkdir()
    for name in ("AB.CSV", "of CD/marks.csv"):
        written(tmp_path / name, GOOD)
    assert len(read_marks(str(tmp_path))) == 2


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("image_id,verdict,label,comment,label", "twice the column label"),
        ('"image_id"x,verdict,label', "expected after"),
        ('"image_id,verdict,label', "unexpected end of data"),
        ("a" * 200_000, "field larger than"),
    ],
)
def test_a_broken_header_is_named(tmp_path: Path, header: str, found: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"{header}\n{ID},agree,,,\n")
    with pytest.raises(SourceError, match=found) as refusal:
        read_marks(str(file))
    assert refusal.value.where.startswith(str(file))
