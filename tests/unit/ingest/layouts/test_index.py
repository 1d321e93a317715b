"""An index file lists the films; an error names a wrong row."""

import csv
import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import SourceError
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts import Layout, detect_layout
from tasks.ingest.layouts.cells import is_missing
from tasks.ingest.layouts.path_facts import PathFacts

FILMS = ["images/a.png", "images/b c.png", "c.dcm", "d.png"]


def layout_of(data: bytes, films: Sequence[str] = FILMS, index: str = "index.csv") -> Layout:
    layout = detect_layout([index, *films], "auto", {index: data}.__getitem__)
    assert layout is not None
    assert layout.name == "index"
    return layout


def parquet(columns: dict[str, object]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def test_a_csv_index_gives_label_split_patient_and_subtype() -> None:
    layout = layout_of(
        b"path,label,split,patient_id,subtype\r\n"
        b"images/a.png,Viral_Pneumonia,Training,p 7,Virus\r\n"
        b'"images/b c.png",normal,,,\r\n'
        b"./c.dcm,,VAL,007,\r\n"
    )
    assert layout.path_facts("images/a.png") == PathFacts(
        "VIRAL PNEUMONIA", "virus", "train", "p 7"
    )
    assert layout.path_facts("images/b c.png") == PathFacts("NORMAL")
    assert layout.path_facts("c.dcm") == PathFacts(None, given_split="val", patient_id="007")


def test_a_file_without_a_row_has_no_facts_and_the_index_has_none() -> None:
    layout = layout_of(b"path,label\nd.png,x\n")
    assert layout.path_facts("c.dcm") == layout.path_facts("index.csv") == PathFacts()


def test_an_unlisted_mask_is_a_mask_and_a_listed_one_is_a_film() -> None:
    layout = layout_of(b"path,label\nmasks/a.png,x\n", ["masks/a.png", "masks/b.png"])
    assert layout.path_facts("masks/a.png") == PathFacts("X")
    assert layout.path_facts("masks/b.png") == PathFacts(rejected="mask")


def test_other_columns_are_ignored() -> None:
    layout = layout_of(b'path,note,label,age\nd.png,"NA, ""n/a""",a,\n')
    assert layout.path_facts("d.png") == PathFacts("A")


def test_a_parquet_index_gives_the_same_as_a_csv() -> None:
    data = parquet(
        {
            "path": ["images/a.png", "d.png"],
            "label": pa.array([1, 0]),
            "split": pa.array(["test", None]).dictionary_encode(),
            "patient_id": pa.array([12.0, None]),
            "image": pa.array([b"\xff", b"\xd8"]),
            "boxes": [[1, 2], [3]],
        }
    )
    layout = layout_of(data, index="index.parquet")
    assert layout.path_facts("images/a.png") == PathFacts("1", given_split="test", patient_id="12")
    assert layout.path_facts("d.png") == PathFacts("0")


@pytest.mark.parametrize("path", ["path", "filename", "image", "file", "Path", " FILE "])
@pytest.mark.parametrize("label", ["label", "class", "finding", "diagnosis", "Label"])
def test_each_documented_column_name_is_read(path: str, label: str) -> None:
    layout = layout_of(f"{label},{path}\ncovid,d.png\n".encode())
    assert layout.path_facts("d.png") == PathFacts("COVID")


def test_the_main_name_of_a_column_is_preferred_to_its_other_names() -> None:
    assert layout_of(b"file,path,label\nx,d.png,a\n").path_facts("d.png") == PathFacts("A")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_with_and_without_a_byte_order_mark_is_read(encoding: str) -> None:
    data = "path,label\nröntgen/ф.png,Pneumonía\n".encode(encoding)
    assert layout_of(data, ["röntgen/ф.png"]).path_facts("röntgen/ф.png") == PathFacts("PNEUMONÍA")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "at least one film.*an empty file"),
        (b"path,label\n", "at least one film.*no row"),
        (b"path,label\r\n\r\n", "at least one film.*no row"),
        (b"path,Label,label\nd.png,a,b\n", "its own name.*'label' more than once"),
        (b"path,text\nd.png,a\n", "columns path and label.*no label among path, text"),
        (b"path|label\nd.png|a\n", "no path and no label among path.label"),
        (b"file,image,label\nd.png,d.png,a\n", "may hold the `path`.*image, file"),
        (b"path,label\nd.png,a\nc.dcm\n", "as many cells.*row 3: 1 cells, 2 columns"),
        (b"path,label\nd.png,a,b\n", "as many cells.*row 2: 3 cells, 2 columns"),
        (b"path,label\n\nd.png,a\n", "as many cells.*row 2: 0 cells"),
        (b'path,label\nd.png,"a\n', "whole CSV file.*line 2: unexpected end of data"),
        ("path,label\nd.png,é\n".encode("latin-1"), "UTF-8.*line 2 is not UTF-8"),
        ("path,label\nd.png,a\n".encode("utf-16"), "line 1 is not UTF-8"),
        (b"path,label\n/d.png,a\n", "stay inside it.*row 2: '/d.png'"),
        (b"path,label\n../d.png,a\n", "stay inside it.*row 2: '../d.png'"),
        (b"path,label\nx/../d.png,a\n", "stay inside it.*'x/../d.png'"),
        (b"path,label\nC:/d.png,a\n", "stay inside it.*'C:/d.png'"),
        (b"path,label\ns3://x/d.png,a\n", "stay inside it.*'s3://x/d.png'"),
        (b"path,label\nimages\\a.png,a\n", "with `/`.*row 2"),
        (b"path,label\nd.png,a\n,b\n", "relative to its folder.*row 3: ''"),
        (b"path,label\nd.png,a\nD.png,b\n", "may list a file once.*row 3: 'd.png"),
        (b"path,label\n1,a\n2,a\n3,a\n4,a\n5,a\n", "row 2: '1'; row 3.*row 4: '3'; and 2 more"),
        (b"path,label\nd.png,a\n./d.png,a\n", "once.*row 3: 'd.png, first in row 2'"),
        (b"path,label,split\nd.png,a,fold-1\n", "`split`.*train, .*row 2: 'fold-1'"),
        (b"path,label,subtype\nd.png,a,fungus\n", "`subtype`.*bacteria, virus.*row 2: 'fungus'"),
        (b"path,label\n" + b"x" * 200_000 + b",a\n", "line 2: field larger than field limit"),
    ],
)  # fmt: skip
def test_the_error_says_what_is_wrong_with_a_csv(data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=f"(?s){message}.*where: index.csv"):
        layout_of(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "whole CSV file in UTF-8, or a whole Parquet file"),
        (b"PAR1 no Parquet PAR1", "whole Parquet file"),
        (parquet({"path": ["d.png"], "label": ["a"]})[:-9], "whole Parquet file"),
        (parquet(dict.fromkeys(("path", "label"), pa.array([], pa.string()))), "at least one film"),
        (parquet({"path": ["d.png", None], "label": ["a", "b"]}), "row 2: ''"),
        (parquet({"path": ["d.png", "x.png"], "label": ["a", "b"]}), "row 2: 'x.png'"),
        (parquet({"image": pa.array([b"\xff"]), "label": ["a"]}), "pictures inside the cells"),
    ],
)  # fmt: skip
def test_the_error_says_what_is_wrong_with_a_parquet(data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=f"(?s){message}.*where: index.parquet"):
        layout_of(data, index="index.parquet")


def test_the_error_says_why_an_index_cannot_be_opened() -> None:
    def refuse(path: str) -> bytes:
        raise PermissionError(f"{path} is a link that leads out of the source")

    with pytest.raises(SourceError, match=r"index\.csv is a link that leads out"):
        detect_layout(["index.csv", "a.png"], "auto", refuse)


# a bar and a list are several findings; numbers may be written in another way
CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Nd"], exclude_characters="|["), max_size=12
)
SEGMENT = st.from_regex(r"[a-zA-Z0-9é (),'\"_-]{1,8}\.png", fullmatch=True).map(str.strip)


@given(st.dictionaries(SEGMENT, st.tuples(CELL, st.sampled_from(["", "train", "test"]))))
def test_any_index_that_csv_writes_is_read_back(films: dict[str, tuple[str, str]]) -> None:
    films = {"first.png": ("a", "val"), **films}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["path", "label", "split"])
    writer.writerows((name, label, split) for name, (label, split) in films.items())
    layout = layout_of(text.getvalue().encode(), list(films))
    for name, (label, split) in films.items():
        assert layout.path_facts(name).given_split == (split or None)
        assert layout.path_facts(name).label in (canonical_label(label) or None, None)
        assert layout.path_facts(name).label or is_missing(canonical_label(label))


def is_read_or_refused_clearly(data: bytes, index: str) -> bool:
    try:
        return layout_of(data, index=index).name == "index"
    except SourceError as error:
        return error.where == index


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "ignore"))
)
def test_any_bytes_as_csv_give_a_layout_or_a_clear_error(data: bytes) -> None:
    assert is_read_or_refused_clearly(data, "index.csv")
    assert is_read_or_refused_clearly(b"path,label\n" + data, "index.csv")


GOOD_PARQUET = parquet({"path": FILMS, "label": ["a", "b", "a", "b"]})


@given(st.integers(0, len(GOOD_PARQUET) - 1), st.integers(0, 255))
def test_a_damaged_parquet_gives_a_layout_or_a_clear_error(position: int, value: int) -> None:
    data = bytearray(GOOD_PARQUET)
    data[position] = value
    assert is_read_or_refused_clearly(bytes(data), "index.parquet")
