"""The answers for the films of each inbox: labels that arrive later are compared with them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from tasks.core import paths
from tasks.core.atomic import write_text
from tasks.core.errors import LunglineError
from tasks.core.verdicts import guarded, unguarded


class MonitorStateError(LunglineError):
    """A table that earlier runs of the monitor wrote is damaged."""


@dataclass(frozen=True)
class LoggedFilm:
    """The answer for one film, as text; "" for what is not known.

    image_id: sha256, hex. path: in the inbox. model_sha256: seal of the network. call: its class.
    called_positive: yes, no or "". prob_finding: calibrated. split: of a film of the training.
    """

    image_id: str
    path: str
    model_sha256: str
    call: str
    called_positive: str
    prob_finding: str
    split: str


def write_film_log(films: Sequence[LoggedFilm], fingerprint: str) -> None:
    """Write the answers for one inbox."""
    write_text(paths.monitored_films(fingerprint), rows_text(films))


def rows_text(rows: Sequence[LoggedFilm]) -> str:
    """Text of the table, without the formulas of spreadsheets."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows([guarded(getattr(row, name)) for name in _HEADER] for row in rows)
    return file.getvalue()


_HEADER = [field.name for field in fields(LoggedFilm)]


def read_film_log(fingerprint: str) -> list[LoggedFilm]:
    """Read the answers for one inbox; none if the table was deleted.

    Raises:
        MonitorStateError: The table is damaged.
    """
    path = paths.monitored_films(fingerprint)
    return [LoggedFilm(*row) for row in read_monitor_rows(path, _HEADER)]


def read_monitor_rows(path: Path, header: Sequence[str]) -> list[list[str]]:
    """Rows of a table of the monitor; none if there is no such file.

    Args:
        path: CSV file.
        header: Its columns.

    Raises:
        MonitorStateError: The file has other columns, or a row is incomplete.
    """
    try:
        text = path.read_text(encoding="utf-8")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except FileNotFoundError:
        return []
    except (UnicodeDecodeError, csv.Error) as error:
        raise _damaged(path, f"no text in CSV: {error}") from error
    for number, row in enumerate(rows or [[]], start=1):
        if len(row) != len(header) or (number == 1 and row != list(header)):
            raise _damaged(path, f"line {number}: {','.join(row)[:200] or 'empty'}")
    return [[unguarded(field) for field in row] for row in rows[1:]]


def _damaged(path: Path, found: str) -> MonitorStateError:
    return MonitorStateError(
        "a table of the monitor must have its columns in every line",
        found=found,
        where=str(path),
        next_step="mend the line, or move the file away: the next run begins a new one",
    )
