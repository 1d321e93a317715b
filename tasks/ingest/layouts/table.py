"""Tables of text from the bytes of a CSV or Parquet file, with row numbers for messages."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from tasks.core.errors import SourceError


@dataclass(frozen=True)
class Table:
    """A table of text.

    name: path of the file.
    columns: stripped cells by the column's name in lower case; an absent value is an empty text.
    first_row: number of the first row of cells: 2 in a CSV, as in a spreadsheet, else 1.
    """

    name: str
    columns: dict[str, list[str]]
    first_row: int

    def row_of(self, i: int) -> int:
        """Number that a person gives the row at position `i` (from 0)."""
        return self.first_row + i


def read_table(path: str, read: Callable[[str], bytes]) -> Table:
    """Read a table with named columns and at least one row.

    Args:
        path: Ends in `.parquet`, or the file is read as CSV (UTF-8, with commas).
        read: Gives the bytes of a path.

    Raises:
        SourceError: The file cannot be read, has no row, or two columns have one name.
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
            "each column of an index must have a name of its own",
            found=f"{', '.join(repr(name) for name in twice)} more than once",
            where=path,
            next_step="rename or take out the columns that are not needed",
        )
    if not columns or not columns[0]:
        raise SourceError(
            "an index must list at least one film",
            found="no row below the names of the columns" if names else "an empty file",
            where=path,
            next_step="add a row for each film, with its path and label",
        )
    return Table(path, dict(zip(names, columns, strict=True)), first_row)


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
                next_step='put texts that hold a comma in "quotation marks"',
            )
    return header, [list(column) for column in zip(*cells, strict=True)], 2


def _parquet(path: str, data: bytes) -> tuple[list[str], list[list[str]], int]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
        # a set that is packed in Parquet may hold whole images: bytes and lists are no text
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
    """A cell as text; nothing for null and not a number, 12 for 12.0."""
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
