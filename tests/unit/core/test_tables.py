"""Tables keep their columns and types, and the same rows give the same bytes."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.core.errors import TableError
from tasks.core.tables import (
    EXCLUDED_SCHEMA,
    MANIFEST_SCHEMA,
    SAMPLES_SCHEMA,
    read_table,
    usable,
    write_table,
)

SCHEMA = pa.schema([("path", pa.string()), ("width", pa.int32()), ("weight", pa.float64())])


def frame() -> pd.DataFrame:
    return pd.DataFrame({"path": ["a", None], "width": [3, None], "weight": [0.5, None]})


def test_a_table_is_read_with_its_types_and_nulls(tmp_path: Path) -> None:
    write_table(frame(), SCHEMA, tmp_path / "t.parquet")
    assert pq.read_schema(tmp_path / "t.parquet").equals(SCHEMA, check_metadata=True)
    table = read_table(SCHEMA, tmp_path / "t.parquet")
    assert table["path"][0] == "a"
    assert table["width"][0] == 3
    assert table.isna().to_numpy().tolist() == [[False] * 3, [True] * 3]


def test_the_bytes_depend_only_on_the_rows(tmp_path: Path) -> None:
    odd = frame()[["weight", "width", "path"]].assign(more=1)
    odd.index = pd.Index([7, 3], name="index")
    odd.attrs["note"] = "not data"
    write_table(frame(), SCHEMA, tmp_path / "a.parquet")
    write_table(odd, SCHEMA, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_table_without_a_column_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="width"):
        write_table(frame().drop(columns="width"), SCHEMA, tmp_path / "t.parquet")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("column", ["width", "weight"])
def test_a_column_of_another_type_is_not_written(tmp_path: Path, column: str) -> None:
    with pytest.raises(TableError):
        write_table(frame().assign(**{column: ["x", "y"]}), SCHEMA, tmp_path / "t.parquet")
    assert not list(tmp_path.iterdir())


def test_a_fraction_is_not_rounded_to_an_integer(tmp_path: Path) -> None:
    with pytest.raises(TableError):
        write_table(frame().assign(width=[0.5, 1.0]), SCHEMA, tmp_path / "t.parquet")


def test_a_missing_table_names_the_file_and_the_command(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="dvc repro") as caught:
        read_table(SCHEMA, tmp_path / "t.parquet")
    assert caught.value.where == str(tmp_path / "t.parquet")


def test_the_error_names_a_missing_column(tmp_path: Path) -> None:
    write_table(frame(), pa.schema(list(SCHEMA)[:2]), tmp_path / "t.parquet")
    with pytest.raises(TableError, match="columns missing: weight"):
        read_table(SCHEMA, tmp_path / "t.parquet")


@pytest.mark.parametrize("cut", [0, 4, 0.5, 0.99])
def test_a_table_cut_off_is_refused(tmp_path: Path, cut: float) -> None:
    path = tmp_path / "t.parquet"
    write_table(frame(), SCHEMA, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * cut) if 0 < cut < 1 else int(cut)])
    with pytest.raises(TableError, match=r"t\.parquet"):
        read_table(SCHEMA, path)


def test_damaged_pages_raise_a_table_error_or_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(pd.concat([frame()] * 50), SCHEMA, path)
    data = path.read_bytes()
    n_refused = 0
    for position in range(4, len(data) - 8, 3):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x5A]) + data[position + 1 :])
        try:
            read_table(SCHEMA, path)
        except TableError:
            n_refused += 1
    assert n_refused > 20


def test_usable_keeps_ok_rows_in_order() -> None:
    manifest = pd.DataFrame({"path": ["b", "x", "a"], "status": ["ok", "rejected", "ok"]})
    assert usable(manifest)["path"].tolist() == ["b", "a"]
    assert usable(manifest).index.tolist() == [0, 1]


def test_documented_columns_keep_their_names() -> None:
    facts = {"width", "height", "mode", "bit_depth", "format", "n_bytes"}
    hashes = {"image_id", "pixel_hash", "perceptual_hash"}
    place = {"path", "label", "subtype", "given_split", "patient_id", "layout"}
    assert set(MANIFEST_SCHEMA.names) >= facts | hashes | place | {"status", "reason"}
    assert {"image_id", "path", "label", "class_index"} <= set(SAMPLES_SCHEMA.names)
    assert {"patient_id", "group_id", "split", "sample_weight"} <= set(SAMPLES_SCHEMA.names)
    assert {"path", "reason"} <= set(EXCLUDED_SCHEMA.names)
