"""Read a table from CSV or Parquet as text, with row numbers for error messages."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from tasks.core.errors import SourceError
from tasks.core.source.index_file import EXCEL_SUFFIXES
from tasks.ingest.layouts.cells import several_findings
from tasks.ingest.layouts.csv_table import CsvTable
from tasks.ingest.layouts.parquet_table import ParquetTable
from tasks.ingest.layouts.unreadable_table import TableUnreadable


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


class TableFile(Protocol):
    """A table whose columns are known and whose cells are still to be read."""

    @property
    def names(self) -> list[str]:
        """Names of the columns as the file has them, stripped."""
        ...

    @property
    def first_row(self) -> int:
        """Number of the first row of cells."""
        ...

    def cells(self, positions: Sequence[int], most_rows: int) -> list[list[str]]:
        """Stripped cells of some columns, column by column."""
        ...


@dataclass(frozen=True)
class Columns:
    """How the columns of a table are written, and which are wanted.

    Attributes:
        wanted: Names in lower case that decide between separators.
        separator: Of a CSV; None finds it from the header.
        header: Names of the columns of a CSV that has no header; None reads the first line.
    """

    wanted: frozenset[str] = frozenset()
    separator: str | None = None
    header: tuple[str, ...] | None = None


def open_table(path: str, read: Callable[[str], bytes], columns: Columns) -> TableFile:
    """Open a table and read the names of its columns.

    Args:
        path: `.parquet` is read as Parquet, anything else as CSV in UTF-8.
        read: Returns the bytes of a path.
        columns: How they are written.

    Raises:
        SourceError: The file cannot be read or is no such table.
    """
    if path.lower().endswith(EXCEL_SUFFIXES):
        _refuse(path, TableUnreadable("an Excel workbook", "save the sheet as CSV in UTF-8"))
    try:
        data = read(path)
    except OSError as error:
        step = "give yourself the right to read it, or copy it again"
        _refuse(path, TableUnreadable(str(error), step))
    try:
        if path.lower().endswith(".parquet"):
            return ParquetTable(path, data)
        return CsvTable(data, columns.wanted, columns.separator, columns.header)
    except TableUnreadable as error:
        _refuse(path, error)


def read_columns(path: str, table: TableFile, names: Sequence[str], most_rows: int) -> IndexTable:
    """Read some columns of an open table.

    Args:
        path: Of the table, for messages.
        table: From `open_table`.
        names: Columns to read, in lower case; each exists.
        most_rows: A Parquet table with more rows is refused before it is read.

    Raises:
        SourceError: A cell cannot be read, there is no row or there are too many, or two columns
            have the same name.
    """
    there = [name.lower() for name in table.names]
    counts = Counter(there)
    twice = sorted(name for name in names if counts[name] > 1)
    if twice:
        raise SourceError(
            "each column of an index must have its own name",
            found=f"{', '.join(repr(name) for name in twice)} more than once",
            where=path,
            next_step="rename or delete the columns that are not needed",
        )
    positions = {name: i for i, name in enumerate(there)}
    try:
        cells = table.cells([positions[name] for name in names], most_rows)
    except TableUnreadable as error:
        _refuse(path, error)
    if not cells or not cells[0]:
        no_film(path, "no row below the names of the columns")
    return IndexTable(path, dict(zip(names, cells, strict=True)), table.first_row)


def refuse_pictures_in(path: str, read: Callable[[str], bytes]) -> None:
    """Refuse a Parquet table that holds pictures in its cells.

    Raises:
        SourceError: It does, or it cannot be read.
    """
    table = open_table(path, read, Columns())
    try:
        if isinstance(table, ParquetTable):
            table.refuse_pictures()
    except TableUnreadable as error:
        _refuse(path, error)


def check_one_class(table: IndexTable, column: str) -> None:
    """Refuse a column of classes in which a cell lists several findings.

    Raises:
        SourceError: One does.
    """
    cells = table.columns[column]
    if (cell := several_findings(cells)) is not None:
        raise SourceError(
            "a film has one class, and these findings belong to no stated class",
            found=f"row {table.row_of(cells.index(cell))}: {cell[:200]!r}",
            where=table.name,
            next_step="list the findings of each class under `ingest.table.classes` in "
            "params.yaml, with the file, its path column and its label column",
        )


def no_film(path: str, found: str) -> NoReturn:
    """Refuse a table that lists nothing."""
    raise SourceError(
        "an index must list at least one film",
        found=found,
        where=path,
        next_step="add a row for each film, with its path and label",
    )


def _refuse(path: str, error: TableUnreadable) -> NoReturn:
    raise SourceError(
        error.rule, found=error.found, where=path, next_step=error.next_step
    ) from error
