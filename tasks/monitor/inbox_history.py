"""One row for each inbox that was looked at, in the order in which they came."""

import csv
import fcntl
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace

from tasks.core import paths
from tasks.core.atomic import write_text
from tasks.monitor.film_log import read_monitor_rows

_LOCK = ".lock"


@dataclass(frozen=True)
class HistoryRow:
    """What was found in one inbox, as text; "" for what is not known.

    inbox: fingerprint of its films, the network and the reference. first_seen: UTC, to the minute.
    drifted: yes, no, or "" if nothing could be compared. first_feature: title of the feature that
    moved first; moved_by: in `unit`; spreads: the same in standard deviations.
    """

    inbox: str
    first_seen: str
    model: str
    model_sha256: str
    n_files: str
    n_compared: str
    n_quarantined: str
    drifted: str
    first_feature: str
    moved_by: str
    unit: str
    spreads: str
    domain_auroc: str
    expected_accuracy: str


_HEADER = [field.name for field in fields(HistoryRow)]


@contextmanager
def monitor_state() -> Iterator[None]:
    """Hold the tables and pages of the monitor: two runs write them one after the other."""
    paths.MONITOR.mkdir(parents=True, exist_ok=True)
    with (paths.MONITOR / _LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read_history() -> list[HistoryRow]:
    """Read all rows; none before the first inbox.

    Raises:
        MonitorStateError: The table is damaged.
    """
    return [HistoryRow(*row) for row in read_monitor_rows(paths.MONITOR_HISTORY, _HEADER)]


def with_inbox(history: Sequence[HistoryRow], row: HistoryRow) -> list[HistoryRow]:
    """The history with one more row; an inbox that is known keeps its place and its time."""
    if all(one.inbox != row.inbox for one in history):
        return [*history, row]
    return [
        replace(row, first_seen=one.first_seen) if one.inbox == row.inbox else one
        for one in history
    ]


def write_history(history: Sequence[HistoryRow]) -> None:
    """Write all rows."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(astuple(row) for row in history)
    write_text(paths.MONITOR_HISTORY, file.getvalue())
