"""Write `worklist.csv`: one row for each file found, the most urgent first."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from tasks.core.atomic import atomic_path
from tasks.core.network.screened_film import ScreenedFilm, worklist_columns


def write_worklist(path: Path, films: Iterable[ScreenedFilm], classes: Sequence[str]) -> None:
    """Write the table, complete or not at all.

    Args:
        path: The file.
        films: In reading order; they are taken one by one.
        classes: Of the network.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, worklist_columns(classes), restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(film.to_row() for film in films)
