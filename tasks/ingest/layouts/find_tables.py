"""Find the table that a source lists its films in: a stated one, or one that is known."""

import re
from collections.abc import Callable, Sequence
from itertools import islice

from tasks.core.errors import SourceError
from tasks.core.examination.file_names import could_be_image, is_junk, name_of
from tasks.ingest.layouts.csv_table import CsvTable
from tasks.ingest.layouts.index_table import Columns, TableFile, open_table, refuse_pictures_in
from tasks.ingest.layouts.known_tables import KNOWN_TABLES
from tasks.ingest.layouts.table_spec import TableSpec

TABLE_SUFFIXES = ("csv", "tsv", "parquet", "xlsx", "xls", "ods", "csv.gz")
_LIST = re.compile(r"(?i).*(train|val|test|list|label|split).*\.txt")
N_NAMED = 5  # most files that a message names

Read = Callable[[str], bytes]
Found = tuple[TableSpec, list[tuple[str, str | None]]]


def find_known(paths: Sequence[str], wanted: str, read: Read) -> Found | None:
    """Find the first known table in a source.

    Args:
        paths: All files of the source.
        wanted: Name of a layout, or `auto`.
        read: Returns the bytes of a path.

    Returns:
        What its columns mean, and its files with the split of each; None if there is none.

    Raises:
        SourceError: A file of that name occurs twice, or cannot be read.
    """
    names = [(path, name_of(path)) for path in paths if not is_junk(path)]
    for spec in KNOWN_TABLES:
        if wanted not in ("auto", spec.layout):
            continue
        found = []
        for pattern, split in spec.files:
            matching = [path for path, name in names if re.fullmatch(pattern, name, re.IGNORECASE)]
            recognised = [path for path in matching if _recognises(spec, path, paths, read)]
            found += [(path, split) for path in _one(recognised)]
        if found:
            return spec, found
    return None


def refuse_pictures_in_cells(paths: Sequence[str], read: Read) -> None:
    """Refuse a source without a picture file whose Parquet tables hold pictures in their cells.

    Raises:
        SourceError: There is such a table; the next step is a command that writes files.
    """
    if not any(could_be_image(path) and not is_junk(path) for path in paths):
        for path in tables_in(paths):
            if path.lower().endswith(".parquet"):
                refuse_pictures_in(path, read)


def find_stated(paths: Sequence[str], file: str) -> str:
    """Path of the table that `ingest.table.file` names.

    Raises:
        SourceError: There is no such file, or there are several of that name.
    """
    if file in paths:
        return file
    found = [path for path in paths if path.endswith(f"/{file}") and not is_junk(path)]
    if not found:
        tables = ", ".join(islice(tables_in(paths), N_NAMED))
        raise SourceError(
            "ingest.table.file must name a file of the source",
            found=f"{file}; the tables there are {tables or 'none'}",
            where="params.yaml",
            next_step="write its path below ingest.source",
        )
    return _one(found)[0]


def tables_in(paths: Sequence[str]) -> list[str]:
    """Files that look like tables, by their name."""
    return [path for path in paths if not is_junk(path) and _is_table(name_of(path))]


def unread_tables(paths: Sequence[str], layout: object) -> list[str]:
    """Tables that lie in a source and are not read, sorted.

    Args:
        paths: All files of the source.
        layout: Reader of the source; its attribute `tables`, if any, names the files that it read.
    """
    return sorted(set(tables_in(paths)) - set(getattr(layout, "tables", ())))


def _is_table(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(tuple(f".{suffix}" for suffix in TABLE_SUFFIXES)) or bool(
        _LIST.fullmatch(name)
    )


def _one(found: Sequence[str]) -> Sequence[str]:
    if len(found) > 1:
        raise SourceError(
            "a source must have one table of each kind",
            found=", ".join(found[:N_NAMED]),
            where="the folder, zip or URL of ingest.source",
            next_step="keep the right one and move the others out of the source",
        )
    return found


def _recognises(spec: TableSpec, path: str, paths: Sequence[str], read: Read) -> bool:
    """Whether a table has the columns of a known one; a broken one counts if its name is enough."""
    try:
        table = open_table(path, read, _how_written(spec))
    except SourceError:
        if spec.has_own_name:
            raise
        return False
    if not set(spec.columns) <= {name.lower() for name in table.names}:
        return False
    if spec.header and isinstance(table, CsvTable):  # any text has words, so one must name a film
        return table.first[table.names.index(spec.path)] in {name_of(path) for path in paths}
    return spec.label is not None or len(spec.flags(table.names)) > 1


def _how_written(spec: TableSpec) -> Columns:
    return Columns(frozenset(spec.columns), spec.separator, spec.header)


def open_spec(spec: TableSpec, path: str, read: Read) -> TableFile:
    """Open a table as its meaning says that it is written.

    Raises:
        SourceError: It cannot be read.
    """
    return open_table(path, read, _how_written(spec))
