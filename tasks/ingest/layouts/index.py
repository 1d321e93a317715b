"""An index file: a CSV or Parquet table that names each film and its class.

| column | also called | must be there | content |
|---|---|---|---|
| `path` | `filename`, `image`, `file` | yes | relative to the folder of the index, with `/` |
| `label` | `class`, `finding`, `diagnosis` | yes | class; an empty cell: unknown |
| `split` | | no | train, val or test, or empty |
| `patient_id` | `patient` | no | any text, or empty |
| `subtype` | | no | bacteria, virus or empty |

Other columns are not read. Names of columns may be in any case.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from tasks.core.errors import SourceError
from tasks.ingest.layouts.place import SPLIT_NAMES, Place, canonical_label
from tasks.ingest.layouts.table import Table, read_table

INDEX_NAMES = frozenset({"index.csv", "index.parquet"})
ALIASES = {
    "path": ("filename", "image", "file"),
    "label": ("class", "finding", "diagnosis"),
    "split": (),
    "patient_id": ("patient",),
    "subtype": (),
}
NEEDED = ("path", "label")
SUBTYPES = {"": None, "bacteria": "bacteria", "virus": "virus"}
SPLITS = {"": None, **SPLIT_NAMES}
N_SHOWN = 3  # faults that a message lists
N_CHARACTERS = 200  # of each of them

Rows = list[tuple[int, str]]  # number of a row and what was found there


class Index:
    """Films as an index file lists them."""

    name = "index"

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = places

    def place(self, path: str) -> Place:
        """What the row of a path says; nothing for a path without a row."""
        return self._places.get(path, Place())


def find_index(paths: Iterable[str]) -> str | None:
    """Path of the index at the root of a source, if there is one.

    Raises:
        SourceError: There are two.
    """
    found = sorted(path for path in paths if path.lower() in INDEX_NAMES)
    if len(found) > 1:
        raise SourceError(
            "a source may have one index",
            found=", ".join(found),
            where="ingest.source",
            next_step="keep the one that is right, or name it in ingest.source",
        )
    return found[0] if found else None


def read_index(index: str, paths: Iterable[str], read: Callable[[str], bytes]) -> Index:
    """Read and check an index file.

    Args:
        index: Its path, one of `paths`; `.parquet` is read as Parquet, anything else as CSV.
        paths: All files of the source.
        read: Gives the bytes of a path.

    Raises:
        SourceError: It cannot be read, lacks a column or any row, or a row names a path that is
            absolute, leads out, is missing or was named before, an unknown split or subtype.
    """
    table = read_table(index, read)
    columns = _columns(table)
    folder = index.rpartition("/")[0]
    names = [f"{folder}/{name}" if folder else name for name in _paths(table, columns["path"])]
    _check_files(table, names, frozenset(paths))
    empty = [""] * len(names)
    split = _known(table, "split", columns.get("split", empty), SPLITS)
    subtype = _known(table, "subtype", columns.get("subtype", empty), SUBTYPES)
    patients = columns.get("patient_id", empty)
    rows = zip(names, columns["label"], subtype, split, patients, strict=True)
    return Index(
        {
            name: Place(canonical_label(label) or None, kind, given, patient or None)
            for name, label, kind, given, patient in rows
        }
    )


def _columns(table: Table) -> dict[str, list[str]]:
    """Cells by the name of this module, stripped."""
    found: dict[str, list[str]] = {}
    for name, aliases in ALIASES.items():
        there = [column for column in (name, *aliases) if column in table.columns]
        if name not in there and len(there) > 1:
            raise SourceError(
                f"one column of an index may stand for `{name}`",
                found=", ".join(there),
                where=table.name,
                next_step=f"rename the right one to `{name}`",
            )
        if there:
            found[name] = table.columns[there[0]]
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise SourceError(
            "an index must have the columns path and label",
            found=f"no {' and no '.join(missing)} among {', '.join(table.columns) or 'none'}",
            where=table.name,
            next_step="; ".join(
                f"`{name}` may also be called {', '.join(ALIASES[name])}" for name in missing
            ),
        )
    return found


def _paths(table: Table, cells: Sequence[str]) -> list[str]:
    """Paths relative to the folder of the index, without empty and `.` parts."""
    bad = [(i, cell) for i, cell in enumerate(cells) if not _stays_inside(cell)]
    _refuse(
        table,
        bad,
        "paths of an index must be relative to its folder, with `/`, and stay inside it",
        "write paths such as images/film-1.png",
    )
    return ["/".join(part for part in cell.split("/") if part not in ("", ".")) for cell in cells]


def _stays_inside(path: str) -> bool:
    has_drive = path[1:2] == ":" or "://" in path
    leads_out = path.startswith("/") or ".." in path.split("/")
    return bool(path) and not (has_drive or leads_out or "\\" in path)


def _check_files(table: Table, names: Sequence[str], files: frozenset[str]) -> None:
    missing = [(i, name) for i, name in enumerate(names) if name not in files]
    _refuse(
        table,
        missing,
        "each path of an index must name a file of the source",
        "check the spelling and case, or take the row out",
    )
    first: dict[str, int] = {}
    again = [
        (i, f"{name}, first in row {table.row_of(first[name])}")
        for i, name in enumerate(names)
        if first.setdefault(name, i) != i
    ]
    _refuse(table, again, "an index may name a file once", "keep the row that is right")


def _known(
    table: Table, column: str, cells: Sequence[str], known: Mapping[str, str | None]
) -> list[str | None]:
    """Each cell's meaning, whatever its case."""
    found = [cell.lower() for cell in cells]
    unknown = [(i, cells[i]) for i, cell in enumerate(found) if cell not in known]
    names = ", ".join(name for name in known if name)
    _refuse(
        table,
        unknown,
        f"`{column}` of an index must be one of {names}, or empty",
        f"correct these cells of the column `{column}`",
    )
    return [known[cell] for cell in found]


def _refuse(table: Table, faults: Rows, rule: str, next_step: str) -> None:
    """Raise for the rows that break a rule, if any does."""
    if not faults:
        return
    shown = [f"row {table.row_of(i)}: {text[:N_CHARACTERS]!r}" for i, text in faults[:N_SHOWN]]
    more = [f"and {len(faults) - N_SHOWN} more"] if len(faults) > N_SHOWN else []
    raise SourceError(rule, found="; ".join([*shown, *more]), where=table.name, next_step=next_step)
