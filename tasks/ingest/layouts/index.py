"""Layout `index`: a CSV or Parquet table at the root lists each film and its class.

| column | other names | required | content |
|---|---|---|---|
| `path` | `filename`, `image`, `file` | yes | relative to the folder of the index, with `/` |
| `label` | `class`, `finding`, `diagnosis` | yes | class; empty if unknown |
| `split` | | no | train, val or test, or empty |
| `patient_id` | `patient` | no | any text, or empty |
| `subtype` | | no | bacteria, virus or empty |

Other columns are ignored. Column names may be in upper or lower case.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from tasks.core.errors import SourceError
from tasks.core.params.class_name import canonical_label
from tasks.core.source.index_file import INDEX_NAMES
from tasks.ingest.layouts.folder_names import SPLIT_FOLDERS
from tasks.ingest.layouts.index_table import IndexTable, read_index_table
from tasks.ingest.layouts.path_facts import PathFacts, is_mask

ALIASES = {
    "path": ("filename", "image", "file"),
    "label": ("class", "finding", "diagnosis"),
    "split": (),
    "patient_id": ("patient",),
    "subtype": (),
}
REQUIRED_COLUMNS = ("path", "label")
SUBTYPE_CELLS = {"": None, "bacteria": "bacteria", "virus": "virus"}
SPLIT_CELLS = {"": None, **SPLIT_FOLDERS}
N_SHOWN = 3  # most faults that a message lists
N_CHARACTERS = 200  # most characters of each fault

_Faults = list[tuple[int, str]]  # position of a row, and its wrong text


class IndexLayout:
    """Films as an index file lists them."""

    name = "index"

    def __init__(self, facts_by_path: Mapping[str, PathFacts]) -> None:
        self._facts_by_path = facts_by_path

    def path_facts(self, path: str) -> PathFacts:
        """Facts from the row of a path; a path without a row has none, but may be a mask."""
        unlisted = PathFacts(rejected="mask" if is_mask(path) else None)
        return self._facts_by_path.get(path, unlisted)


def find_index(paths: Iterable[str]) -> str | None:
    """Path of the index at the root of a source, or None.

    Raises:
        SourceError: There are two indexes.
    """
    found = sorted(path for path in paths if path.lower() in INDEX_NAMES)
    if len(found) > 1:
        raise SourceError(
            "a source may have one index",
            found=", ".join(found),
            where="the folder, zip or URL of ingest.source",
            next_step="keep the right one and move the other one out of the source",
        )
    return found[0] if found else None


def read_index(index: str, paths: Iterable[str], read: Callable[[str], bytes]) -> IndexLayout:
    """Read and check the index file at the root of a source.

    Args:
        index: Its path, one of `paths`. `.parquet` is read as Parquet, anything else as CSV.
        paths: All files of the source.
        read: Returns the bytes of a path.

    Raises:
        SourceError: The index cannot be read, or lacks a column or any row; or a row has a path
            that is absolute, leads out, is missing or is listed twice, or an unknown split or
            subtype.
    """
    table = read_index_table(index, read)
    columns = _columns(table)
    names = _paths(table, columns["path"])
    _check_files(table, names, frozenset(paths))
    empty = [""] * len(names)
    split = _known(table, "split", columns.get("split", empty), SPLIT_CELLS)
    subtype = _known(table, "subtype", columns.get("subtype", empty), SUBTYPE_CELLS)
    patients = columns.get("patient_id", empty)
    rows = zip(names, columns["label"], subtype, split, patients, strict=True)
    return IndexLayout(
        {
            name: PathFacts(canonical_label(label) or None, kind, given, patient or None)
            for name, label, kind, given, patient in rows
        }
    )


def _columns(table: IndexTable) -> dict[str, list[str]]:
    """Cells of each known column, by its main name."""
    found: dict[str, list[str]] = {}
    for name, aliases in ALIASES.items():
        there = [column for column in (name, *aliases) if column in table.columns]
        if name not in there and len(there) > 1:
            raise SourceError(
                f"only one column of an index may hold the `{name}`",
                found=", ".join(there),
                where=table.name,
                next_step=f"rename the right one to `{name}`",
            )
        if there:
            found[name] = table.columns[there[0]]
    missing = [name for name in REQUIRED_COLUMNS if name not in found]
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


def _paths(table: IndexTable, cells: Sequence[str]) -> list[str]:
    """Paths relative to the root of the source, without empty and `.` parts."""
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


def _check_files(table: IndexTable, names: Sequence[str], files: frozenset[str]) -> None:
    missing = [(i, name) for i, name in enumerate(names) if name not in files]
    _refuse(
        table,
        missing,
        "each path of an index must name a file of the source",
        "check the spelling, upper and lower case, or delete the row",
    )
    first: dict[str, int] = {}
    again = [
        (i, f"{name}, first in row {table.row_of(first[name])}")
        for i, name in enumerate(names)
        if first.setdefault(name, i) != i
    ]
    _refuse(table, again, "an index may list a file once", "keep the right row")


def _known(
    table: IndexTable, column: str, cells: Sequence[str], known: Mapping[str, str | None]
) -> list[str | None]:
    """Look up each cell in a table of known values; upper and lower case are equal."""
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


def _refuse(table: IndexTable, faults: _Faults, rule: str, next_step: str) -> None:
    """Raise an error that lists the rows that break a rule, if there are any."""
    if not faults:
        return
    shown = [f"row {table.row_of(i)}: {text[:N_CHARACTERS]!r}" for i, text in faults[:N_SHOWN]]
    more = [f"and {len(faults) - N_SHOWN} more"] if len(faults) > N_SHOWN else []
    raise SourceError(rule, found="; ".join([*shown, *more]), where=table.name, next_step=next_step)
