"""What is said of rows and films that a table does not join, or joins twice."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NoReturn

from tasks.core.errors import SourceError
from tasks.core.examination.file_names import is_image
from tasks.ingest.layouts.path_facts import PathFacts
from tasks.ingest.layouts.table_rows import TableRow
from tasks.ingest.layouts.table_spec import TableSpec

N_SHOWN_ROWS = 3

logger = logging.getLogger(__name__)


def refuse_several(several: Sequence[tuple[TableRow, list[str]]]) -> None:
    """Refuse rows that may mean several films.

    Raises:
        SourceError: There is one.
    """
    if several:
        shown = [
            f"{row.where}: {row.cell[:200]!r} may be {' or '.join(found[:N_SHOWN_ROWS])}"
            for row, found in several[:N_SHOWN_ROWS]
        ]
        more = [f"and {len(several) - N_SHOWN_ROWS} more"] if len(several) > N_SHOWN_ROWS else []
        raise SourceError(
            "a row must name one film",
            found="; ".join([*shown, *more]),
            where=several[0][0].where.partition(" row ")[0],
            next_step="write the folder of the film into the cell, or move the copies out of the "
            "source",
        )


def refuse_all(rows: Sequence[TableRow], paths: Sequence[str]) -> NoReturn:
    """Refuse a table of which no row names a film.

    Raises:
        SourceError: Always.
    """
    films = [path for path in paths if is_image(path)]
    cells = ", ".join(repr(row.cell[:200]) for row in rows[:N_SHOWN_ROWS])
    raise SourceError(
        "a table must name films of the source",
        found=f"{cells}; the source has {', '.join(films[:N_SHOWN_ROWS]) or 'no film'}",
        where=rows[0].where.partition(" row ")[0],
        next_step="unpack the films beside the table, or state the column with their names "
        "(`ingest.table.path`)",
    )


def log_left_out(
    spec: TableSpec,
    rows_by_film: Mapping[str, Sequence[TableRow]],
    facts: Mapping[str, PathFacts],
    without: Sequence[TableRow],
) -> None:
    """Say what was left out and why: rows without a film, and films without a class."""
    if without:
        logger.warning(
            "%d rows of the table name no film of the source, for instance %s: %r",
            len(without),
            without[0].where,
            without[0].cell[:200],
        )
    left_out = [path for path, found in facts.items() if found.rejected == "no_class"]
    if left_out:
        findings = Counter("|".join(rows_by_film[path][0].findings) for path in left_out)
        common = ", ".join(f"{n} {name[:60]!r}" for name, n in findings.most_common(3))
        logger.warning(
            "%d of %d films have no class (`no_class`), because the classes of layout %s list none "
            "of their findings, or those of two classes: %s",
            len(left_out),
            len(facts),
            spec.layout,
            common,
        )
