"""Layout `index`: a table named `index.csv`, `.tsv` or `.parquet` lists each film and its class.

It lies at the root, or below outer folders that all films share.

| column | other names | required | content |
|---|---|---|---|
| `path` | `filename`, `file_name`, `image`, `file` | yes | below the index, with `/`; or a name |
| `label` | `class`, `finding`, `diagnosis` | yes | class; empty if unknown |
| `split` | | no | train, val or test, or empty |
| `patient_id` | `patient` | no | any text, or empty |
| `subtype` | | no | bacteria, virus or empty |
| `age_years` | `age` | no | years, or digits with a unit such as 006M |
| `sex` | `gender` | no | F, M, female or male |

Other columns are not read. Column names may be in upper or lower case; commas, semicolons or tabs
separate them. Words such as `nan` and `unknown` are missing values, and so is an age or a
sex that makes no sense. A file name without its folder
or suffix is enough if one file has it.
"""

from collections.abc import Callable, Mapping, Sequence

from tasks.core.errors import SourceError
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts.cells import is_missing, whole_numbers
from tasks.ingest.layouts.film_names import FilmNames, folder_above
from tasks.ingest.layouts.folder_names import SPLIT_FOLDERS
from tasks.ingest.layouts.index_table import (
    Columns,
    IndexTable,
    TableFile,
    check_one_class,
    no_film,
    open_table,
    read_columns,
)
from tasks.ingest.layouts.path_facts import PathFacts, is_mask
from tasks.ingest.person import read_person

ALIASES = {
    "path": ("filename", "file_name", "image", "file"),
    "label": ("class", "finding", "diagnosis"),
    "split": (),
    "patient_id": ("patient",),
    "subtype": (),
    "age_years": ("age",),
    "sex": ("gender",),
}
REQUIRED_COLUMNS = ("path", "label")
SUBTYPE_CELLS = {"bacteria": "bacteria", "virus": "virus"}
N_SHOWN = 3  # most faults that a message lists
N_CHARACTERS = 200  # most characters of each fault

_Faults = list[tuple[int, str]]  # position of a row, and its wrong text


class IndexLayout:
    """Films as an index file lists them.

    Attributes:
        tables: The index.
    """

    name = "index"

    def __init__(self, index: str, facts_by_path: Mapping[str, PathFacts]) -> None:
        self.tables = frozenset({index})
        self._facts_by_path = facts_by_path

    def path_facts(self, path: str) -> PathFacts:
        """Facts from the row of a path; a path without a row has none, but may be a mask."""
        unlisted = PathFacts(rejected="mask" if is_mask(path) else None)
        return self._facts_by_path.get(path, unlisted)


def read_index(index: str, paths: Sequence[str], read: Callable[[str], bytes]) -> IndexLayout:
    """Read and check the index file of a source.

    Args:
        index: Its path, one of `paths`. `.parquet` is read as Parquet, anything else as CSV.
        paths: All files of the source.
        read: Returns the bytes of a path.

    Raises:
        SourceError: The index cannot be read, or lacks a column or any row; or a row has a path
            that is absolute, leads out, is missing, may be several files or is listed twice, or an
            unknown split or subtype.
    """
    wanted = Columns(frozenset(REQUIRED_COLUMNS))
    file = open_table(index, read, wanted)
    chosen = _columns(index, file)
    # An index lists a file once, so more rows than files are refused before they are read
    table = read_columns(index, file, list(chosen.values()), most_rows=len(paths))
    check_one_class(table, chosen["label"])
    columns = {name: table.columns[column] for name, column in chosen.items()}
    names = _films(table, columns["path"], paths)
    empty = [""] * len(names)
    split = _known(table, "split", columns.get("split", empty), SPLIT_FOLDERS)
    subtype = _known(table, "subtype", columns.get("subtype", empty), SUBTYPE_CELLS)
    patients = _texts(columns.get("patient_id", empty))
    people = map(read_person, columns.get("age_years", empty), columns.get("sex", empty))
    rows = zip(names, _texts(columns["label"]), subtype, split, patients, people, strict=True)
    return IndexLayout(
        index,
        {
            name: PathFacts(
                canonical_label(label or "") or None, kind, given, patient, person=person
            )
            for name, label, kind, given, patient, person in rows
        },
    )


def _texts(cells: Sequence[str]) -> list[str | None]:
    return [None if is_missing(cell) else cell for cell in whole_numbers(cells)]


def _columns(index: str, file: TableFile) -> dict[str, str]:
    """Name in the table of each known column, by its main name."""
    columns = [name.lower() for name in file.names]
    if not columns:
        no_film(index, "an empty file")
    found: dict[str, str] = {}
    for name, aliases in ALIASES.items():
        there = [column for column in (name, *aliases) if column in columns]
        if name not in there and len(there) > 1:
            raise SourceError(
                f"only one column of an index may hold the `{name}`",
                found=", ".join(there),
                where=index,
                next_step=f"rename the right one to `{name}`",
            )
        if there:
            found[name] = there[0]
    missing = [name for name in REQUIRED_COLUMNS if name not in found]
    if missing:
        raise SourceError(
            "an index must have the columns path and label",
            found=f"no {' and no '.join(missing)} among {', '.join(columns[:50])}",
            where=index,
            next_step="; ".join(
                f"`{name}` may also be called {', '.join(ALIASES[name])}" for name in missing
            )
            + "; or state the columns under `ingest.table` in params.yaml",
        )
    return found


def _films(table: IndexTable, cells: Sequence[str], paths: Sequence[str]) -> list[str]:
    """The file of each row."""
    _refuse(
        table,
        [(i, cell) for i, cell in enumerate(cells) if not _stays_inside(cell)],
        "paths of an index must be relative to its folder, with `/`, and stay inside it",
        "write paths such as images/film-1.png",
    )
    files = FilmNames(folder_above(table.name), paths)
    found = [files.find(cell) for cell in cells]
    _refuse(
        table,
        [(i, cells[i]) for i, films in enumerate(found) if not films],
        "each path of an index must name a file of the source",
        "check the spelling, upper and lower case, or delete the row",
    )
    _refuse(
        table,
        [
            (i, f"{cells[i]} may be {' or '.join(films[:N_SHOWN])}")
            for i, films in enumerate(found)
            if len(films) > 1
        ],
        "each path of an index must name one file",
        "write the folder of the film into the cell",
    )
    names = [films[0] for films in found]
    _refuse_twice(table, names)
    return names


def _refuse_twice(table: IndexTable, names: Sequence[str]) -> None:
    first: dict[str, int] = {}
    again = [
        (i, f"{name}, first in row {table.row_of(first[name])}")
        for i, name in enumerate(names)
        if first.setdefault(name, i) != i
    ]
    _refuse(table, again, "an index may list a file once", "keep the right row")


def _stays_inside(path: str) -> bool:
    has_drive = path[1:2] == ":" or "://" in path
    leads_out = path.startswith("/") or ".." in path.split("/")
    return bool(path) and not (has_drive or leads_out or "\\" in path)


def _known(
    table: IndexTable, column: str, cells: Sequence[str], known: Mapping[str, str]
) -> list[str | None]:
    """Look up each cell in a table of known values; upper and lower case are equal."""
    found = ["" if is_missing(cell) else cell.lower() for cell in cells]
    unknown = [(i, cells[i]) for i, cell in enumerate(found) if cell and cell not in known]
    _refuse(
        table,
        unknown,
        f"`{column}` of an index must be one of {', '.join(known)}, or empty",
        f"correct these cells of the column `{column}`",
    )
    return [known.get(cell) for cell in found]


def _refuse(table: IndexTable, faults: _Faults, rule: str, next_step: str) -> None:
    """Raise an error that lists the rows that break a rule, if there are any."""
    if not faults:
        return
    shown = [f"row {table.row_of(i)}: {text[:N_CHARACTERS]!r}" for i, text in faults[:N_SHOWN]]
    more = [f"and {len(faults) - N_SHOWN} more"] if len(faults) > N_SHOWN else []
    raise SourceError(rule, found="; ".join([*shown, *more]), where=table.name, next_step=next_step)
