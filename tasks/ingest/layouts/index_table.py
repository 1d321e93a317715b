"""Read an index table from CSV or Parquet as text, with row numbers for error messages."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from tasks.core.errors import SourceError


@dataclass(frozen=True)
class IndexTable:
    """A table of text.

    Attributes:
        name: Path of the file.
        columns: Stripped cells by column name in lower case. A missing value is an empty text.
        first_row: Number of the first row of cells: 2 in a CSV, as in a spreadsheet, else 1.
    """

    name: str
    columns: dict[str, list[str]]
    first_row: int

    def row_of(self, i: int) -> int:
        """Number of the row at position `i` (from 0), as a spreadsheet shows it."""
        return self.first_row + i


def read_index_table(path: str, read: Callable[[str], bytes]) -> IndexTable:
    """Read a table with named columns and at least one row.

    Args:
        path: Path of the index. `.parquet` is read as Parquet, anything else as CSV (UTF-8, with
            commas).
        read: Returns the bytes of a path.

    Raises:
        SourceError: The file cannot be read, has no row, or two columns have the same name.
    """
    try:
        data = read(path)
    except OSError as error:
        _unreadable(path, str(error), "give yourself the right to read it, or copy it again", error)
    header, columns, first_row = (
        _parquet(path, data) if path.lower().endswith(".parquet") else _csv(path, data)
    )
    names = [name.strip().lower() for name in header]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError(
            "each column of an index must have its own name",
            found=f"{', '.join(repr(name) for name in twice)} more than once",
            where=path,
            next_step="rename or delete the columns that are not needed",
        )
    if not columns or not columns[0]:
        raise SourceError(
            "an index must list at least one film",
            found="no row below the names of the columns" if names else "an empty file",
            where=path,
            next_step="add a row for each film, with its path and label",
        )
    return IndexTable(path, dict(zip(names, columns, strict=True)), first_row)


def _csv(path: str, data: bytes) -> tuple[list[str], list[list[str]], int]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        _unreadable(path, f"line {line} is not UTF-8", "save it as CSV in UTF-8", error)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
    except csv.Error as error:
        _unreadable(path, f"line {reader.line_num}: {error}", "save it as CSV again", error)
    while rows and not any(rows[-1]):  # blank lines at the end
        rows.pop()
    header, *cells = rows or [[]]
    for number, row in enumerate(cells, start=2):
        if len(row) != len(header):
            raise SourceError(
                "each row of an index must have as many cells as there are columns",
                found=f"row {number}: {len(row)} cells, {len(header)} columns",
                where=path,
                next_step='put a text that contains a comma in "quotation marks"',
            )
    return header, [list(column) for column in zip(*cells, strict=True)], 2


def _parquet(path: str, data: bytes) -> tuple[list[str], list[list[str]], int]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
        # Leave out bytes and lists: some Parquet files hold whole images
        kept = [i for i, field in enumerate(table.schema) if not _is_binary(field.type)]
        table = table.select(kept)
        columns = [[_text(value) for value in column.to_pylist()] for column in table.columns]
    except (pa.ArrowException, OSError, ValueError) as error:
        _unreadable(path, str(error), "write the Parquet file again", error)
    return table.column_names, columns, 1


def _is_binary(kind: Any) -> bool:
    from pyarrow import types

    tests = (types.is_nested, types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    return any(test(kind) for test in tests)


def _text(value: Any) -> str:
    """A cell as text: empty for null and NaN, 12 for 12.0."""
    if value is None or value != value:  # noqa: PLR0124 - only NaN differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _unreadable(path: str, found: str, next_step: str, error: Exception) -> NoReturn:
    raise SourceError(
        "an index must be a whole CSV file in UTF-8, or a whole Parquet file",
        found=found,
        where=path,
        next_step=next_step,
    ) from error
