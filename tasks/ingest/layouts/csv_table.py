"""Open a CSV: its encoding, its separator, the names of its columns, then the wanted cells."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence

from tasks.ingest.layouts.unreadable_table import TableUnreadable

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
# First bytes of files that are no text, and what to do with each
_MAGIC = {
    b"\x1f\x8b": ("a gzip file", "unpack it with `gunzip`"),
    b"PK\x03\x04": ("an Excel workbook or a zip", "save the sheet as CSV in UTF-8, or unpack it"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "save the sheet as CSV in UTF-8"),
    b"PAR1": ("a Parquet file", "rename it so that it ends in .parquet"),
}
_HINT = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class CsvTable:
    """A CSV in UTF-8.

    Args:
        data: The bytes.
        wanted: Names in lower case; the separator is the one that gives them all.
        separator: None finds it among comma, semicolon and tab.
        header: Names of the columns if the file has no header; the last ones may be missing.

    Attributes:
        names: Names of the columns.
        first: Cells of the first line.
        first_row: Number of the first row of cells: 2 below a header, else 1.

    Raises:
        TableUnreadable: It is no text in UTF-8, or two separators fit its header.
    """

    def __init__(
        self,
        data: bytes,
        wanted: Collection[str],
        separator: str | None,
        header: Sequence[str] | None,
    ) -> None:
        text = _decode(data)
        hint = _HINT.match(text)  # Excel writes its separator into a line of its own
        self._text = text[hint.end() :] if hint else text
        self._has_header = header is None
        self.first_row = (2 if self._has_header else 1) + bool(hint)
        line = re.split(r"[\r\n]", self._text.lstrip("\r\n"), maxsplit=1)[0]
        found = hint[1] if hint else None
        self._separator = separator or found or _separator(line, wanted)
        self.first = next(_rows(self._text, self._separator), [])
        self.names = self.first if header is None else list(header)[: len(self.first)]

    def cells(self, positions: Sequence[int], most_rows: int) -> list[list[str]]:
        """Stripped cells of some columns, column by column.

        Args:
            positions: Of the columns.
            most_rows: Not used; the size of a CSV bounds its rows.

        Raises:
            TableUnreadable: A row has more or fewer cells than there are columns.
        """
        del most_rows
        rows = _rows(self._text, self._separator)
        if self._has_header:
            next(rows, None)
        columns: list[list[str]] = [[] for _ in positions]
        n_blank = 0  # blank lines at the end are no rows
        for number, row in enumerate(rows, start=self.first_row):
            if not any(row):
                n_blank += 1
                continue
            if n_blank or len(row) != len(self.names):
                self._ragged(number - n_blank, 0 if n_blank else len(row))
            for column, position in zip(columns, positions, strict=True):
                column.append(row[position])
        return columns

    def _ragged(self, number: int, n_cells: int) -> None:
        raise TableUnreadable(
            f"row {number}: {n_cells} cells, {len(self.names)} columns",
            'put a text that contains a separator in "quotation marks"',
            "each row of an index must have as many cells as there are columns",
        )


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            yield [cell.strip() for cell in row]
    except csv.Error as error:
        found = f"line {reader.line_num}: {error}"
        raise TableUnreadable(found, "save it as CSV again") from error


def _decode(data: bytes) -> str:
    for magic, (found, next_step) in _MAGIC.items():
        if data.startswith(magic):
            raise TableUnreadable(found, next_step)
    if data.startswith(_UTF16) or b"\0" in data[:200]:
        raise TableUnreadable(
            "line 1 is not UTF-8 but UTF-16, as Excel writes `Unicode text`",
            "save it as `CSV UTF-8`, or use `iconv -f UTF-16 -t UTF-8`",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        letter = data[error.start : error.start + 1].decode("latin-1")
        raise TableUnreadable(
            f"line {line} is not UTF-8 (it would be {letter!r} in Latin-1)",
            "save it as CSV in UTF-8, or use `iconv -f WINDOWS-1252 -t UTF-8` if it is Latin-1",
        ) from error


def _separator(header: str, wanted: Collection[str]) -> str:
    """The separator that splits the header; the one that gives all wanted names if several do."""
    names = {separator: _names(header, separator) for separator in SEPARATORS}
    fit = [separator for separator, found in names.items() if len(found) > 1]
    if len(fit) > 1:
        fit = [separator for separator in fit if wanted and set(wanted) <= names[separator]] or fit
    if len(fit) > 1:
        raise TableUnreadable(
            f"{' and '.join(SEPARATORS[separator] for separator in fit)} in the line of the names "
            "of the columns; either may separate them",
            "save it as CSV with commas, or write `ingest.table.separator` in params.yaml",
            "the names of the columns of an index must show one separator",
        )
    return fit[0] if fit else ","


def _names(header: str, separator: str) -> set[str]:
    try:
        return {name.lower() for row in _rows(header, separator) for name in row}
    except TableUnreadable:  # a quotation mark that does not close: cells are read later
        return set()
