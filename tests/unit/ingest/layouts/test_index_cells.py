"""Separators, encodings, numbers, missing values and file names of an index."""

import unicodedata

import pytest

from tasks.core.errors import SourceError
from tasks.ingest.layouts import detect_layout
from tasks.ingest.layouts.path_facts import PathFacts
from tests.unit.ingest.layouts.test_index import layout_of

TABLE = "path,label,split,patient_id\nd.png,Viral Pneumonia,test,7\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("index", ["index.csv", "index.tsv"])
def test_the_separator_is_found(separator: str, index: str) -> None:
    layout = layout_of(TABLE.replace(",", separator).encode(), index=index)
    assert layout.path_facts("d.png") == PathFacts(
        "VIRAL PNEUMONIA", given_split="test", patient_id="7"
    )


def test_a_separator_inside_a_name_is_no_separator() -> None:
    layout = layout_of(b'path;label;"age, years";box[x,y]\nd.png;a;3;1\n')
    assert layout.path_facts("d.png") == PathFacts("A")


@pytest.mark.parametrize("header", [b"path;label,x", b"path,label\tnote;x", b"a;b,c"])
def test_a_header_with_two_separators_is_refused(header: bytes) -> None:
    with pytest.raises(SourceError, match=r"(?s)one separator.*(commas|semicolons).*separator`"):
        layout_of(header + b"\nd.png,a\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (TABLE.encode("utf-16"), "line 1 is not UTF-8 but UTF-16.*iconv"),
        (TABLE.encode("utf-16-le"), "UTF-16"),
        (TABLE.replace("V", "é").encode("latin-1"), "line 2 is not UTF-8.*'é' in Latin-1.*iconv"),
        (b"PK\x03\x04 xl/workbook.xml", "an Excel workbook or a zip.*save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0 old", "an old Excel workbook"),
        (b"\x1f\x8b\x08 packed", "a gzip file.*gunzip"),
        (b"PAR1 x PAR1", "a Parquet file.*rename"),
    ],
)
def test_another_encoding_or_kind_of_file_is_named(data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=f"(?s){message}"):
        layout_of(data)


@pytest.mark.parametrize(
    "word", ["", "nan", "NaN", "NA", "N/A", "none", "None", "null", "NULL", "unknown", "<NA>"]
)
def test_words_for_a_missing_value_are_missing(word: str) -> None:
    layout = layout_of(f"path,label,split,patient_id\nd.png,{word},{word},{word}\n".encode())
    assert layout.path_facts("d.png") == PathFacts()


def test_whole_numbers_are_one_class_however_they_are_written() -> None:
    layout = layout_of(b"path,label,patient\nd.png,0,7.0\nc.dcm,1.0,nan\nimages/a.png,0.0,12\n")
    facts = [layout.path_facts(path) for path in ("d.png", "images/a.png", "c.dcm")]
    assert [(fact.label, fact.patient_id) for fact in facts] == [
        ("0", "7"), ("0", "12"), ("1", None),
    ]  # fmt: skip


def test_numbers_with_decimals_or_zeros_in_front_stay_as_they_are() -> None:
    layout = layout_of(b"path,label,patient\nd.png,a,1.0\nc.dcm,a,1.5\n")
    assert layout.path_facts("d.png").patient_id == "1.0"
    layout = layout_of(b"path,label,patient\nd.png,a,007\n")
    assert layout.path_facts("d.png").patient_id == "007"


@pytest.mark.parametrize(
    ("cell", "path"),
    [
        ("a.png", "x/images/a.png"),
        ("a", "x/images/a.png"),
        ("images/a.png", "x/images/a.png"),
        ("set/top.png", "top.png"),
        ("b.png", "b.png"),
        ("c.png", "images/c.png"),
    ],
    ids=["name", "stem", "folder and name", "outer folder", "path before name", "no mask"],
)
def test_a_file_is_found_by_a_name_that_no_other_has(cell: str, path: str) -> None:
    films = [
        "x/images/a.png", "top.png", "b.png", "x/b.png", "images/c.png", "masks/c.png", "a.txt",
    ]  # fmt: skip
    layout = layout_of(f"path,label\n{cell},x\n".encode(), films)
    assert layout.path_facts(path).label == "X"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("a.png", "(?s)name one file.*row 2.*one/a.png or two/a.png.*write the folder"),
        ("a", "one/a.png or two/a.png"),
        ("three/a.png", "must name a file"),
        ("A.png", "must name one file"),
    ],
)
def test_a_name_of_two_files_or_of_none_is_refused(cell: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        layout_of(f"path,label\n{cell},x\n".encode(), ["one/a.png", "two/a.png"])


def test_two_names_of_one_film_are_a_repeated_row() -> None:
    with pytest.raises(SourceError, match=r"(?s)once.*row 3: .images/a.png, first in row 2"):
        layout_of(b"path,label\na,x\nimages/a.png,y\n")


def test_another_file_named_index_is_no_index() -> None:
    assert detect_layout(["index.html", "index.png"], "auto", {}.__getitem__) is None


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("hint", ["", "sep=;"])
def test_line_ends_and_the_hint_of_excel(end: str, hint: str) -> None:
    text = (f"{hint}\n" if hint else "") + end.join(["path;label", "d.png;a,b", "nowhere;c", ""])
    with pytest.raises(SourceError, match=f"row {4 if hint else 3}: .nowhere"):
        layout_of(text.encode())


@pytest.mark.parametrize("cell", ["Effusion|Pneumonia", "\"['a', 'b']\""])
def test_several_findings_in_an_index_need_stated_classes(cell: str) -> None:
    with pytest.raises(SourceError, match=r"(?s)one class.*row 3.*ingest.table.classes"):
        layout_of(f"path,label\nd.png,a\nc.dcm,{cell}\n".encode())


@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_an_accent_of_macos_and_one_of_a_spreadsheet_are_equal(written: str, stored: str) -> None:
    cell, film = (unicodedata.normalize(form, "réel/é.png") for form in (written, stored))
    layout = layout_of(f"path,label\n{cell},x\n".encode(), [film])
    assert layout.path_facts(film).label == "X"
