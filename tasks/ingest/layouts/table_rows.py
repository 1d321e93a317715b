"""Read the rows of one table of films: the cell that names the film, and the facts beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tasks.core.errors import SourceError
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts.cells import findings_in, flag_of, is_missing, whole, whole_numbers
from tasks.ingest.layouts.find_tables import Read, open_spec
from tasks.ingest.layouts.folder_names import SPLIT_FOLDERS
from tasks.ingest.layouts.index_table import IndexTable, check_one_class, read_columns
from tasks.ingest.layouts.path_facts import PathFacts
from tasks.ingest.layouts.person_columns import persons_in
from tasks.ingest.layouts.table_spec import TableSpec

# Projections of a frontal film; AP_horizontal is PadChest's word for a patient who lies in bed
FRONTAL = frozenset(
    {"frontal", "ap", "pa", "ap_horizontal", "ap supine", "ap erect", "posteroanterior",
     "anteroposterior"}
)  # fmt: skip
_MOST_PARQUET_ROWS = 1_000_000  # no public set has half as many films
_SUBTYPES = ("bacteria", "virus")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row.

    Attributes:
        where: Table and number of the row, for messages.
        cell: What names the film.
        facts: What the row tells of it.
        findings: Of a film that has findings and no class.
    """

    where: str
    cell: str
    facts: PathFacts
    findings: tuple[str, ...] = ()


def read_rows(spec: TableSpec, path: str, split: str | None, read: Read) -> list[TableRow]:
    """Read all rows of a table.

    Args:
        spec: What its columns mean.
        path: Of the table.
        split: Of all its films, unless a column says it.
        read: Returns the bytes of a path.

    Raises:
        SourceError: A column is missing, or a cell breaks its rule.
    """
    file = open_spec(spec, path, read)
    flags = _flag_columns(spec, path, file.names)
    persons = spec.person.among([name.lower() for name in file.names])
    named = (*spec.columns, *(name.lower() for name in flags.values()), *persons)
    names = list(dict.fromkeys(named))
    table = read_columns(path, file, names, _MOST_PARQUET_ROWS)
    found = _flagged(spec, table, flags) if flags else _listed(spec, table)
    facts = _facts(spec, table, found, _splits(spec, table, split))
    return [
        TableRow(f"{path} row {table.row_of(i)}", cell, facts[i], found[i][1])
        for i, cell in enumerate(table.columns[spec.path])
    ]


_Found = list[tuple[str | None, tuple[str, ...]]]  # label; findings of a film without a class


def _facts(
    spec: TableSpec, table: IndexTable, found: _Found, splits: Sequence[str | None]
) -> list[PathFacts]:
    """What each row tells of its film."""
    patients, sites, subtypes, views = (
        _column(table, name) for name in (spec.patient, spec.site, spec.subtype, spec.view)
    )
    persons = persons_in(spec.person, table)
    return [
        PathFacts(
            label=label,
            subtype=_subtype(subtypes[i]),
            given_split=splits[i],
            patient_id=patients[i],
            rejected=_rejected(views[i], findings),
            site=sites[i],
            person=persons[i],
        )
        for i, (label, findings) in enumerate(found)
    ]


def _subtype(cell: str | None) -> str | None:
    lower = (cell or "").lower()
    return lower if lower in _SUBTYPES else None


def _rejected(view: str | None, findings: Sequence[str]) -> str | None:
    """Reason of a film that is not frontal, or that has findings and no class."""
    if view is not None and view.lower() not in FRONTAL:
        return "not_frontal"
    return "no_class" if findings else None


def _listed(spec: TableSpec, table: IndexTable) -> _Found:
    """Labels from the column with the findings."""
    cells = table.columns[spec.label or ""]
    if spec.classes is None:
        check_one_class(table, spec.label or "")
    known = {cell: _label(spec, cell) for cell in dict.fromkeys(cells)}
    return [known[cell] for cell in cells]


def _label(spec: TableSpec, cell: str) -> tuple[str | None, tuple[str, ...]]:
    if spec.classes is None:
        return None if is_missing(cell) else canonical_label(whole(cell)) or None, ()
    # A class may list a word such as `none`, which stands for a missing value elsewhere
    if label := spec.classes.of_finding.get(canonical_label(whole(cell))):
        return label, ()
    findings = findings_in(cell)
    label = spec.classes.label_of(findings)
    return label, () if label else findings


def _flag_columns(spec: TableSpec, path: str, names: Sequence[str]) -> dict[str, str]:
    """Columns with one finding each; refuse a table without the columns that are stated."""
    flags = spec.flags(names)
    lower = {name.lower() for name in names}
    missing = [name for name in spec.columns if name not in lower]
    if spec.classes and not spec.label and spec.is_stated:
        missing += [name for name in spec.classes.of_finding if name not in flags]
    if missing or not (spec.label or flags):
        raise SourceError(
            "a table must have the columns that ingest.table states",
            found=f"no {' and no '.join(missing) or 'finding'} among {', '.join(names[:50])}",
            where=path,
            next_step="correct the names under `ingest.table` in params.yaml",
        )
    return flags


def _flagged(spec: TableSpec, table: IndexTable, names: Mapping[str, str]) -> _Found:
    """Labels from columns with one finding each."""
    columns = {finding: _flags(table, name.lower()) for finding, name in names.items()}
    found: _Found = []
    for values in zip(*columns.values(), strict=True):
        flags = dict(zip(columns, values, strict=True))
        label = spec.classes.label_of_flags(flags, spec.uncertain) if spec.classes else None
        positive = tuple(f"{name} {flag}" for name, flag in flags.items() if flag)
        found.append((label, () if label else positive or ("none of the listed findings",)))
    return found


def _flags(table: IndexTable, name: str) -> list[int]:
    cells = table.columns[name]
    known = {cell: flag_of(cell) for cell in dict.fromkeys(cells)}
    flags = [known[cell] for cell in cells]
    for i, flag in enumerate(flags):
        if flag is None:
            raise SourceError(
                "a column with one finding holds 1, 0, -1 (uncertain) or nothing",
                found=f"row {table.row_of(i)}: {cells[i][:100]!r} in the column {name!r}",
                where=table.name,
                next_step="correct that cell, or state another column",
            )
    return [flag or 0 for flag in flags]


def _splits(spec: TableSpec, table: IndexTable, split: str | None) -> list[str | None]:
    cells = table.columns[spec.split] if spec.split else [""] * len(table.columns[spec.path])
    known = {cell: _split(cell, split) for cell in dict.fromkeys(cells)}
    for i, cell in enumerate(cells):
        if known[cell] == "":
            raise SourceError(
                "the split of a film is train, val or test, or empty",
                found=f"row {table.row_of(i)}: {cell[:100]!r}",
                where=table.name,
                next_step=f"correct these cells of the column {spec.split!r}, or write `split: "
                "null` under `ingest.table`",
            )
    return [known[cell] for cell in cells]


def _split(cell: str, otherwise: str | None) -> str | None:
    """Split that a cell names; an empty text for another word."""
    return otherwise if is_missing(cell) else SPLIT_FOLDERS.get(cell.lower(), "")


def _column(table: IndexTable, name: str | None) -> list[str | None]:
    if name is None:
        return [None] * len(next(iter(table.columns.values())))
    return [None if is_missing(cell) else cell for cell in whole_numbers(table.columns[name])]


def rows_of(
    spec: TableSpec, tables: Sequence[tuple[str, str | None]], read: Read
) -> Iterator[TableRow]:
    """Rows of all files of a table, in their order."""
    for path, split in tables:
        yield from read_rows(spec, path, split, read)
