"""Sections of the page: sentences, tables, a matrix, plots. The template only lays them out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tasks.core.html.number_format import EstimateJson
from tasks.page.figure_text import Finding, estimate_of

# Text; a count; a number without an interval; an estimate; null where it is not computable
Cell = str | int | float | EstimateJson | None


@dataclass(frozen=True)
class DataTable:
    """A table; the first cell of a row is its name.

    label: what it shows, above the table. chosen: number of the row to mark, from 0.
    """

    label: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    chosen: int | None = None


@dataclass(frozen=True)
class CallMatrix:
    """Counts of films by truth (row) and call (column).

    rows: cells of each row. n_films: films of each row. caption: what a row and a column are.
    """

    labels: Sequence[str]
    rows: Sequence[Sequence["MatrixCell"]]
    n_films: Sequence[int]
    caption: str


@dataclass(frozen=True)
class MatrixCell:
    """Films of one truth with one call.

    share: of the row, with its interval. keys: what the script of the films filters by: `truth` and
    `called`, names of classes; or `outcome`, one of TP, FN, FP, TN.
    """

    n_films: int
    share: EstimateJson
    keys: Mapping[str, str]


@dataclass(frozen=True)
class PlotData:
    """The numbers of a drawing as a table; cells as in `DataTable`."""

    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Plot:
    """A drawing with its caption and its numbers."""

    drawing: Markup
    title: str
    caption: str
    data: PlotData


@dataclass(frozen=True)
class PageSection:
    """One section.

    name: for links. title: heading. sentences: before the tables. notes: after them.
    """

    name: str
    title: str
    sentences: Sequence[str] = ()
    matrix: CallMatrix | None = None
    tables: Sequence[DataTable] = ()
    plots: Sequence[Plot] = ()
    notes: Sequence[str] = ()


def missing_section(name: str, title: str, why: str) -> PageSection:
    """A section whose numbers do not exist, with the reason."""
    return PageSection(name, title, (why,))


def p_cell(p: float | None) -> Cell:
    """A p value; very small ones without digits that nobody needs.

    Example:
        >>> p_cell(0.0213), p_cell(4e-9), p_cell(None)
        (0.0213, 'under 0.001', None)
    """
    return "under 0.001" if p is not None and p < 0.001 else p


def metric_row(name: str, found: Finding | None, metrics: Sequence[str]) -> list[Cell]:
    """A row with one estimate for each metric; null values where it is missing."""
    return [name, *(estimate_of(found, metric) for metric in metrics)]
