"""How well the network did on new films, once reviewers have said what the films show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.marks_files import read_marks
from tasks.core.statistics.intervals import Estimate, wilson_interval
from tasks.monitor.film_log import LoggedFilm


@dataclass(frozen=True)
class ReviewedFilms:
    """The labels of reviewers.

    labels: class of each film by its sha256. n_unclear: films on which reviewers differ, that are
    too poor, or whose class nobody can say.
    """

    labels: Mapping[str, str]
    n_unclear: int


@dataclass(frozen=True)
class MeasuredPerformance:
    """What the calls of labelled films reach; None where no film could show it."""

    n_labelled: int
    accuracy: Estimate | None
    sensitivity: Estimate | None
    specificity: Estimate | None


def reviewed_films(place: str) -> ReviewedFilms:
    """Read the corrections of reviewers.

    Args:
        place: `ingest.corrections`: a CSV file or a folder of them; a missing one holds no label.

    Raises:
        SourceError: A file or a row breaks a rule.
    """
    if not Path(place).exists():
        return ReviewedFilms({}, 0)
    marks = read_marks(place)
    found: dict[str, set[str]] = {}
    for image_id, verdict, label, seen in marks[
        ["image_id", "verdict", "label", "label_seen"]
    ].itertuples(index=False):
        found.setdefault(image_id, set()).add(_class_said(verdict, label, seen))
    clear = {film: next(iter(said)) for film, said in found.items() if len(said) == 1}
    labels = {film: label for film, label in clear.items() if label}
    return ReviewedFilms(labels, len(found) - len(labels))


def _class_said(verdict: str, label: str, seen: str) -> str:
    """Class that a mark gives to a film; "" if it gives none."""
    return seen if verdict == "agree" else label


def measure(
    films: Iterable[LoggedFilm], labels: Mapping[str, str], negative: str | None
) -> MeasuredPerformance:
    """Compare the calls of films with the labels of reviewers.

    Args:
        films: Answers; a film of the training does not count, and neither does one without a call.
        labels: Class of each film by its sha256.
        negative: The negative class; None: only the accuracy is known.
    """
    known = {film.image_id: film for film in films if film.image_id in labels}
    called = [film for film in known.values() if film.call and film.split not in ("train", "val")]
    with_finding = [film for film in called if labels[film.image_id] != negative]
    without = [film for film in called if labels[film.image_id] == negative]
    if negative is None:
        right = [film.call == labels[film.image_id] for film in called]
        return MeasuredPerformance(len(called), _share(right), None, None)
    hits = [film.called_positive == "yes" for film in with_finding]
    passes = [film.called_positive == "no" for film in without]
    return MeasuredPerformance(len(called), _share(hits + passes), _share(hits), _share(passes))


def _share(outcomes: Sequence[bool]) -> Estimate | None:
    return wilson_interval(sum(outcomes), len(outcomes)) if outcomes else None


def measured_dict(measured: MeasuredPerformance) -> dict[str, Any]:
    """The performance for a JSON file."""
    names = ("accuracy", "sensitivity", "specificity")
    return {
        "n_labelled": measured.n_labelled,
        **{name: None if (one := getattr(measured, name)) is None else vars(one) for name in names},
    }
