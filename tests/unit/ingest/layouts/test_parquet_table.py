"""A Parquet table gives the named columns only, in bounded memory; what it cannot give is named."""

import io
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.core.errors import SourceError
from tasks.ingest.layouts import Layout, detect_layout
from tests.films import png

FILMS = ["a.png", "b.png"]
GOOD = {"path": FILMS, "label": ["x", "y"]}
STRANGE_ZONE = pa.array([0, 1], pa.timestamp("us", tz="Mars/Olympus_Mons"))
FAR_DATE = pa.array([2**40, 1], pa.timestamp("s"))


def parquet(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def layout_of(data: bytes) -> Layout:
    layout = detect_layout(["index.parquet", *FILMS], "auto", {"index.parquet": data}.__getitem__)
    assert layout is not None
    return layout


@pytest.mark.parametrize(
    "column",
    [
        STRANGE_ZONE,
        FAR_DATE,
        pa.array([2**31 - 1, 0], pa.date32()),
        pa.array([[1], [2]]),
        pa.array([b"\xff", b"\xd8"]),
        pa.array([{"bytes": b"\xff", "path": None}] * 2),
        pa.array([0, 1], pa.duration("s")),
    ],
    ids=["zone", "far time", "far date", "list", "bytes", "picture", "duration"],
)
def test_a_column_that_is_not_read_may_hold_anything(column: Any) -> None:
    layout = layout_of(parquet({**GOOD, "taken": column}))
    assert [layout.path_facts(path).label for path in FILMS] == ["X", "Y"]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (STRANGE_ZONE, "timestamp"),
        (FAR_DATE, "timestamp"),
        (pa.array([[1], [2]]), "list"),
        (pa.array([1, 2], pa.decimal128(5, 2)), "decimal"),
    ],
)
@pytest.mark.parametrize("name", ["label", "patient_id"])
def test_a_named_column_holds_text_or_numbers(column: Any, kind: str, name: str) -> None:
    with pytest.raises(SourceError, match=f"(?s){name}.*holds {kind}.*write it as text"):
        layout_of(parquet({**GOOD, name: column}))


@pytest.mark.parametrize(
    "label",
    [
        pa.array([0, 1]),
        pa.array([0.0, 1.0]),
        pa.array(["0", "1"], pa.large_string()),
        pa.array(["0", "1"]).dictionary_encode(),
        pa.array([0, 1]).dictionary_encode(),
        pa.array(["0.0", "1.0"]),
    ],
    ids=["integer", "float", "large text", "texts of a list", "numbers of a list", "text"],
)
def test_numbers_and_texts_give_the_same_labels(label: Any) -> None:
    layout = layout_of(parquet({"path": FILMS, "label": label}))
    assert [layout.path_facts(path).label for path in FILMS] == ["0", "1"]


def test_null_nan_and_words_are_missing() -> None:
    labels = pa.array([float("nan"), None])
    data = parquet({"path": FILMS, "label": labels, "patient": ["unknown", None]})
    assert [layout_of(data).path_facts(path) for path in FILMS] == [
        layout_of(parquet(GOOD)).path_facts("no such file")
    ] * 2


def test_more_rows_than_films_are_refused_before_they_are_read() -> None:
    n = 3_000_000
    repeated = pa.DictionaryArray.from_arrays(pa.array(bytes(n), pa.int8()), pa.array(["a.png"]))
    data = parquet({"path": repeated, "label": repeated})
    assert len(data) < 100_000
    tracemalloc.start()
    with pytest.raises(SourceError, match=f"(?s){n} rows.*one row for each film"):
        layout_of(data)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_a_text_that_many_rows_repeat_is_kept_once() -> None:
    from tasks.ingest.layouts.parquet_table import ParquetTable

    codes = pa.array(bytes(20_000), pa.int8())
    long = pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 10**6]))
    table = ParquetTable("index.parquet", parquet({"label": long}))
    before = pa.total_allocated_bytes()
    (cells,) = table.cells([0], most_rows=20_000)  # 20 GB as 20,000 texts
    assert len(cells) == 20_000
    assert len(set(map(id, cells))) == 1
    assert pa.total_allocated_bytes() - before < 2**26


def pictures(**others: Any) -> bytes:
    cells = pa.array([{"bytes": png(shade), "path": f"{shade}.png"} for shade in (1, 2)])
    return parquet({"image": cells, **others})


@pytest.mark.parametrize(
    "data",
    [
        pictures(label=[0, 1]),
        pictures(label=["a", "b"]),
        pictures(),
        parquet({"scan": pa.array([b"\xff", b"\xd8"]), "target": [0, 1]}),
    ],
    ids=["numbers", "texts", "no label", "bytes"],
)
def test_pictures_inside_cells_are_refused_with_the_command_that_writes_them(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"(?s)pictures inside the cells.*python -c"):
        layout_of(data)


NAMES = b'{"info": {"features": {"label": {"names": ["NORMAL", "PNEUMONIA"]}}}}'


@pytest.mark.parametrize(
    ("metadata", "folders"),
    [({}, ["0", "1"]), ({b"huggingface": NAMES}, ["NORMAL", "PNEUMONIA"])],
    ids=["numbers", "names of Hugging Face"],
)
def test_the_command_writes_the_pictures_in_a_folder_for_each_label(
    tmp_path: Path, metadata: dict[bytes, bytes], folders: list[str]
) -> None:
    names = ["data/train-0.parquet", "data/test-0.parquet"]
    table = pq.read_table(io.BytesIO(pictures(label=[0, 1], note=["", ""])))
    (tmp_path / "data").mkdir()
    for name in names:
        pq.write_table(table.replace_schema_metadata(metadata), tmp_path / name)
    data = {name: (tmp_path / name).read_bytes() for name in names}
    with pytest.raises(SourceError, match="folder `films`") as caught:
        detect_layout([*names, "README.md"], "auto", data.get)
    command = caught.value.next_step.partition("python -c ")[2].strip('"')
    subprocess.run([sys.executable, "-c", command], cwd=tmp_path, check=True, timeout=60)
    for i, folder in enumerate(folders):
        for split in ("train", "test"):
            film = tmp_path / f"films/{split}/{folder}/{split}-0-{i}.png"
            assert film.read_bytes() == png(i + 1)


@pytest.mark.parametrize("name", ["$(reboot)", "`reboot`", 'a"; reboot; "', "a'b", "a\\b"])
def test_a_name_that_a_shell_obeys_is_in_no_command(name: str) -> None:
    cells = pa.array([b"\xff", b"\xd8"])
    for columns in ({name: cells, "label": [0, 1]}, {"image": cells}):
        data = parquet(columns)
        path = "index.parquet" if name in columns else f"{name}.parquet"
        with pytest.raises(SourceError, match="pictures inside the cells") as caught:
            detect_layout([path], "auto", {path: data}.__getitem__)
        assert "python" not in caught.value.next_step
        assert "reboot" not in caught.value.next_step
