"""Test films that every network gets wrong, and films on which the networks disagree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core import paths
from tasks.core.errors import TableError
from tasks.core.html.inline_pictures import Picture, data_uri, opened_picture

MOST_PICTURES = 12  # of each list; the rest is counted
LISTED_PX = 150  # longest side
_QUALITY = 70
_WRONG = {"FN", "FP", "wrong"}


@dataclass(frozen=True)
class ListedFilm:
    """One test film. `calls`: network, its page and the class or side it called; `is_wrong`."""

    image_id: str
    label: str
    picture: Picture
    calls: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class FilmList:
    """Films of one kind, the first `MOST_PICTURES` of `n_films`."""

    name: str
    title: str
    n_films: int
    films: Sequence[ListedFilm]


def film_lists(summaries: Sequence[Mapping[str, Any]], folder: Path) -> list[FilmList]:
    """Both lists; empty for one network, which has nothing to agree with.

    Films that every network misses come first in their list, then false alarms; in each the ones
    of which the networks are surest. Films of a disagreement: most evenly divided first.

    Args:
        summaries: Contents of `data/summaries/<model>.json`.
        folder: `data/films`.

    Raises:
        TableError: Two networks were evaluated on different test films.
    """
    if len(summaries) == 1:
        return []
    tables = [one["test_films"] for one in summaries]
    _check_same_films(summaries)
    wrong = np.array([[one in _WRONG for one in table["outcome"]] for table in tables])
    called = np.array([_answers(table) for table in tables])
    all_wrong = [int(row) for row in np.flatnonzero(wrong.all(axis=0))]
    divided = [int(row) for row in np.flatnonzero((called != called[0]).any(axis=0))]
    all_wrong.sort(key=lambda row: _surest_first(tables, row))
    divided.sort(key=lambda row: (-_n_minority(called[:, row]), tables[0]["image_id"][row]))
    return [
        _film_list(
            "all-wrong", "Films that every network gets wrong", all_wrong, summaries, folder
        ),
        _film_list("divided", "Films on which the networks disagree", divided, summaries, folder),
    ]


def _check_same_films(summaries: Sequence[Mapping[str, Any]]) -> None:
    first = summaries[0]
    for other in summaries[1:]:
        if other["test_films"]["image_id"] != first["test_films"]["image_id"]:
            raise TableError(
                "networks must be compared on the same test films",
                found=f"other films of {other['model']} than of {first['model']}",
                where=str(paths.SUMMARIES),
                next_step="run `dvc repro`: the files come from different runs",
            )


def _answers(table: Mapping[str, Any]) -> list[str]:
    """What a network says of each film: finding or not, or the class without a negative class."""
    if "prob_positive" not in table:
        return [str(name) for name in table["called_class"]]
    return ["finding" if one in ("TP", "FP") else "none" for one in table["outcome"]]


def _surest_first(tables: Sequence[Mapping[str, Any]], row: int) -> tuple[int, float, str]:
    """Key to sort by: missed findings with a low probability, false alarms with a high one."""
    table = tables[0]
    if "prob_positive" not in table:
        return (0, 0.0, table["image_id"][row])
    mean = float(np.mean([one["prob_positive"][row] for one in tables]))
    is_missed = table["outcome"][row] == "FN"
    return (0 if is_missed else 1, mean if is_missed else -mean, table["image_id"][row])


def _n_minority(answers: Any) -> int:
    _, counts = np.unique(answers, return_counts=True)
    return int(counts.sum() - counts.max())


def _film_list(
    name: str, title: str, rows: Sequence[int], summaries: Sequence[Mapping[str, Any]], folder: Path
) -> FilmList:
    films = [_listed(row, summaries, folder) for row in rows[:MOST_PICTURES]]
    return FilmList(name, title, len(rows), films)


def _listed(row: int, summaries: Sequence[Mapping[str, Any]], folder: Path) -> ListedFilm:
    table = summaries[0]["test_films"]
    image_id = table["image_id"][row]
    calls = [
        {
            "model": one["model"],
            "page": one["page"],
            "called": call_of_film(one, row),
            "is_wrong": one["test_films"]["outcome"][row] in _WRONG,
        }
        for one in summaries
    ]
    picture = thumbnail(folder / f"{image_id}.jpg")
    return ListedFilm(image_id, table["label"][row], picture, calls)


def call_of_film(summary: Mapping[str, Any], row: int) -> str:
    """Class that a network calls a test film: at its threshold, if there is a negative class.

    `test_films` holds the most probable class, which may be on the other side of the threshold.
    """
    table, evaluation = summary["test_films"], summary["evaluation"]
    negative, probable = evaluation["negative_class"], str(table["called_class"][row])
    if negative is None:
        return probable
    if table["outcome"][row] in ("TN", "FN"):
        return str(negative)
    positive = [str(name) for name in evaluation["classes"] if name != negative]
    if len(positive) == 1:
        return positive[0]
    return probable if probable != negative else f"not {negative}"


def thumbnail(path: Path) -> Picture:
    """A film, reduced to `LISTED_PX`. Equal files give equal bytes."""
    with opened_picture(path, "JPEG") as film:
        film.thumbnail((LISTED_PX, LISTED_PX))
        buffer = BytesIO()
        film.convert("L").save(buffer, "JPEG", quality=_QUALITY)
        return Picture(data_uri("image/jpeg", buffer.getvalue()), *film.size)
