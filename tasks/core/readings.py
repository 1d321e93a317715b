"""The test ledger: one row for each reading of the test split, in git.

Every reading of the test split that leads to a change of the model makes the next number a little
too good. Nobody can see that in the number, so the readings are counted.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from tasks.core.errors import EvaluationError


@dataclass(frozen=True, order=True)
class Reading:
    """One reading of the test split.

    reading: what was read, for example the name of the stage. model_sha256, contract_sha256,
    films_sha256: hashes of the network, of what validation decided for it, and of the films and
    their labels; empty if there is none. commit: of the code that read, see `current_commit`.
    """

    model: str
    reading: str
    model_sha256: str
    contract_sha256: str
    films_sha256: str
    commit: str


_HEADER = [field.name for field in fields(Reading)]


def read_readings(path: Path) -> list[Reading]:
    """Read the rows of a ledger; none if the file does not exist.

    Args:
        path: The ledger.

    Raises:
        EvaluationError: The file has other columns, or a row is incomplete.

    Example:
        >>> row = Reading("ann", "evaluate", "n1", "c1", "f1", "no git")
        >>> _ = Path("ledger.csv").write_text(readings_text([row]))
        >>> len(read_readings(Path("ledger.csv")))
        1
    """
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return []
    except (UnicodeDecodeError, csv.Error) as error:
        raise _damaged(path, f"no text in CSV: {error}") from error
    for number, row in enumerate(rows or [[]], start=1):
        if len(row) != len(_HEADER) or (number == 1 and row != _HEADER):
            raise _damaged(path, f"line {number}: {','.join(row)[:200] or 'empty'}")
    return [Reading(*row) for row in rows[1:]]


def _damaged(path: Path, found: str) -> EvaluationError:
    return EvaluationError(
        f"the test ledger must have the columns {', '.join(_HEADER)} in every line",
        found=found,
        where=str(path),
        next_step=f"restore it with `git checkout {path}`, or mend the line by hand",
    )


def readings_text(readings: Iterable[Reading]) -> str:
    """Text of a ledger, its rows sorted."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(astuple(reading) for reading in sorted(readings))
    return file.getvalue()
