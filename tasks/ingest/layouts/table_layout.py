"""Layout of a set whose table lists the films: each row meets its file, and rows must agree."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from tasks.core.errors import SourceError
from tasks.core.examination.file_names import could_be_image, folders_of, name_of
from tasks.core.params import TableParams
from tasks.ingest.layouts.film_names import FilmNames, folder_above
from tasks.ingest.layouts.find_tables import Read, find_known, find_stated, refuse_pictures_in_cells
from tasks.ingest.layouts.mooney import parse_kermany_name
from tasks.ingest.layouts.path_facts import PathFacts
from tasks.ingest.layouts.table_messages import log_left_out, refuse_all, refuse_several
from tasks.ingest.layouts.table_rows import TableRow, rows_of
from tasks.ingest.layouts.table_spec import TableSpec, stated_spec
from tasks.ingest.person import NOBODY


class TableLayout:
    """Films as a table lists them.

    Attributes:
        name: Of the layout.
        tables: Files that were read.
    """

    def __init__(
        self, spec: TableSpec, tables: Iterable[str], facts_by_path: Mapping[str, PathFacts]
    ) -> None:
        self.name = spec.layout
        self.tables = frozenset(tables)
        self._unlabelled = spec.unlabelled
        self._facts_by_path = facts_by_path

    def path_facts(self, path: str) -> PathFacts:
        """Facts from the rows of a film; none for a film without a row."""
        if found := self._facts_by_path.get(path):
            return found
        left_out = not self._unlabelled.isdisjoint(folders_of(path)) and could_be_image(path)
        return PathFacts(rejected="no_class" if left_out else None)


def find_table_layout(
    paths: Sequence[str], wanted: str, read: Read, params: TableParams | None
) -> TableLayout | None:
    """Read the table that `ingest.table` states, or a known one.

    Args:
        paths: All files of the source.
        wanted: Name of a layout, or `auto`.
        read: Returns the bytes of a path.
        params: Section `ingest.table`, or None.

    Returns:
        The reader, or None if nothing is stated and no table is known.

    Raises:
        SourceError: The table cannot be read, or a row breaks a rule; only classes are stated and
            no table is known; or a source without picture files has pictures in Parquet cells.
    """
    once = _cached(read)
    if params and params.file:
        spec = stated_spec(params)
        return read_tables(spec, [(find_stated(paths, params.file), None)], paths, once)
    if found := find_known(paths, wanted, once):
        return read_tables(found[0].changed(params), found[1], paths, once)
    if params:
        raise SourceError(
            "ingest.table without a file changes the classes of a table that a layout knows",
            found="no known table" + ("" if wanted == "auto" else f" of layout {wanted}"),
            where="params.yaml, and the files of ingest.source",
            next_step="state the file, its path column and its label column too, or write "
            "`table: null`",
        )
    if wanted == "auto":
        refuse_pictures_in_cells(paths, once)
    return None


def read_tables(
    spec: TableSpec, tables: Sequence[tuple[str, str | None]], paths: Sequence[str], read: Read
) -> TableLayout:
    """Read all files of a table and find the film of each row.

    Args:
        spec: What the columns mean.
        tables: Path of each file, and the split of its films.
        paths: All files of the source.
        read: Returns the bytes of a path.

    Raises:
        SourceError: As `find_table_layout`; or no row names a film, a row may mean several, or two
            rows of a film disagree.
    """
    first = tables[0][0]
    names = FilmNames(folder_above(first), paths)
    rows_by_film: dict[str, list[TableRow]] = defaultdict(list)
    without: list[TableRow] = []
    several: list[tuple[TableRow, list[str]]] = []
    rows = list(rows_of(spec, tables, read))
    _check_classes(spec, rows)
    for row in rows:
        found = names.find(row.cell.replace("\\", "/"), row.facts.given_split)
        if len(found) == 1:
            rows_by_film[found[0]].append(row)
        elif found:
            several.append((row, found))
        else:
            without.append(row)
    refuse_several(several)
    if not rows_by_film:
        refuse_all(without, paths)
    lists, splits = _split_lists(spec, paths, read)
    facts = {
        path: _completed(spec, path, _agreed(spec, path, found), splits)
        for path, found in rows_by_film.items()
    }
    log_left_out(spec, rows_by_film, facts, without)
    return TableLayout(spec, [*(path for path, _ in tables), *lists], facts)


def _check_classes(spec: TableSpec, rows: Sequence[TableRow]) -> None:
    """Refuse a stated class that no film has: its findings may be spelt in another way."""
    if not (spec.is_stated and spec.classes):
        return
    missing = set(spec.classes.of_finding.values()) - {row.facts.label for row in rows}
    if missing:
        other = dict.fromkeys(finding for row in rows for finding in row.findings)
        raise SourceError(
            "at least one film must have each class of ingest.table.classes",
            found=f"no film of {', '.join(sorted(missing))}; findings without a class: "
            + (", ".join(repr(name[:60]) for name in list(other)[:10]) or "none"),
            where=rows[0].where.partition(" row ")[0],
            next_step="write the findings as the table does, or leave the class out",
        )


def _agreed(spec: TableSpec, path: str, rows: Sequence[TableRow]) -> PathFacts:
    """Facts of a film from all its rows. An age or sex on which they disagree is unknown."""
    persons = {row.facts.person for row in rows}
    person = persons.pop() if len(persons) == 1 else NOBODY
    first, *others = (replace(row.facts, person=person) for row in rows)
    differing = [i for i, facts in enumerate(others, start=1) if facts != first]
    if not differing:
        return first
    other = rows[differing[0]]
    same = replace(other.facts, label=first.label, rejected=first.rejected, person=person)
    if spec.has_readers and same == first:
        return replace(first, label=None, rejected="no_class")
    raise SourceError(
        "rows of one film must agree",
        found=f"{path}: {_shown(rows[0])}; {_shown(other)}",
        where=rows[0].where.partition(" row ")[0],
        next_step="correct or delete the wrong row",
    )


def _shown(row: TableRow) -> str:
    facts = row.facts
    told = (facts.label or facts.rejected, facts.given_split, facts.patient_id, facts.site)
    return f"{row.where}: {', '.join(text or 'nothing' for text in told)}"


def _completed(
    spec: TableSpec, path: str, facts: PathFacts, splits: Mapping[str, str]
) -> PathFacts:
    """Add what the path of a film and the lists of splits tell."""
    if spec.patient_in_path and (match := spec.patient_in_path.search(path)):
        facts = replace(facts, patient_id=match[1])
    if spec.has_kermany_names:
        subtype, patient = parse_kermany_name(name_of(path))
        facts = replace(facts, subtype=facts.subtype or subtype, patient_id=patient)
    split = splits.get(name_of(path))
    return replace(facts, given_split=split) if split else facts


def _split_lists(
    spec: TableSpec, paths: Sequence[str], read: Read
) -> tuple[list[str], dict[str, str]]:
    """Text files that list the films of a split: their paths, and the split by file name."""
    lists = [path for path in sorted(paths) if name_of(path) in spec.split_lists]
    splits: dict[str, str] = {}
    for path in lists:
        try:
            names = read(path).decode("utf-8-sig").split()
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(
                "a list of the films of a split must be readable text",
                found=str(error),
                where=path,
                next_step="copy it again, or move it out of the source",
            ) from error
        splits |= dict.fromkeys(map(name_of, names), spec.split_lists[name_of(path)])
    return lists, splits


def _cached(read: Read) -> Callable[[str], bytes]:
    """Read each file once: a table is opened to recognise it, then to read it."""
    known: dict[str, bytes] = {}

    def once(path: str) -> bytes:
        if path not in known:
            known[path] = read(path)
        return known[path]

    return once
