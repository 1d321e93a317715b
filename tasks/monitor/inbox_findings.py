"""Look at one inbox: which films can be compared, what has moved, what can be expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.decision.hashes import hash_json
from tasks.core.decision.judgement import FilmCalls
from tasks.core.statistics.arrays import Floats
from tasks.monitor.answer_tables import (
    answer_table,
    call_scored,
    embedding_axes,
    score_squares,
    score_titles,
)
from tasks.monitor.drift_decision import DriftDecision, FilmSide, decide_drift
from tasks.monitor.expected_performance import ExpectedPerformance, expect_performance
from tasks.monitor.film_features import acquisition_table, drift_features
from tasks.monitor.film_log import LoggedFilm
from tasks.monitor.inbox_films import InboxFilm
from tasks.monitor.watched_network import WatchedNetwork

FITTED = ("train", "val")  # splits whose films are no new films
_FINGERPRINT = 16  # hex digits


@dataclass(frozen=True, eq=False)
class InboxFindings:
    """What was found in an inbox.

    films: usable ones, each once, sorted by hash. splits: that of each film in the training, ""
    for a new one. table: the features of `drift_features` of the films. calls: None without a film.
    is_compared: (n,) bool, whether a film takes part in the comparison: one of each patient, and
    none that the network fitted. drift, expected: None without enough films.
    """

    films: Sequence[InboxFilm]
    splits: Sequence[str]
    table: pd.DataFrame
    calls: FilmCalls | None
    is_compared: np.ndarray
    drift: DriftDecision | None
    expected: ExpectedPerformance | None

    @property
    def n_compared(self) -> int:
        """Films that take part in the comparison."""
        return int(self.is_compared.sum())


def inbox_fingerprint(films: Sequence[InboxFilm], watched: WatchedNetwork) -> str:
    """Name of an inbox: a hash of its files and of the network that scored them."""
    files = sorted({film.sha256 or f"unread {film.path}" for film in films if not film.is_junk})
    return hash_json([watched.network.sha256, files])[:_FINGERPRINT]


def look_at(
    films: Sequence[InboxFilm], watched: WatchedNetwork, max_false_alarms: float
) -> InboxFindings:
    """Compare the films of an inbox with the training.

    Args:
        films: All files, from `read_inbox`.
        watched: The network and its reference.
        max_false_alarms: See `decide_drift`.
    """
    unique = {film.sha256: film for film in films if film.square is not None and film.sha256}
    usable = [unique[one] for one in sorted(unique)]
    splits = [watched.reference.known.get(film.sha256 or "", "") for film in usable]
    chosen = _compared(usable, splits)
    if not usable:
        return InboxFindings((), (), pd.DataFrame(), None, chosen, None, None)
    decision = watched.network.decision
    squares = [film.square for film in usable if film.square is not None]
    scores, measures = score_squares(watched.network, squares)
    calls = call_scored(scores, measures, decision)
    acquisition = acquisition_table([film.facts for film in usable])
    answers = answer_table(calls, measures, decision)
    side = _side(chosen, acquisition, answers, embedding_axes(scores.features, decision))
    drift = expected = None
    if chosen.any():
        features = drift_features(score_titles(decision))
        drift = decide_drift(watched.compared(), side, features, max_false_alarms)
        expected = _expected(calls, chosen, watched)
    table = pd.concat([acquisition, answers], axis=1)
    return InboxFindings(usable, splits, table, calls, chosen, drift, expected)


def _compared(films: Sequence[InboxFilm], splits: Sequence[str]) -> np.ndarray:
    """Which films are compared: the first of each patient whom a file names, all others."""
    seen: set[str] = set()
    chosen = np.zeros(len(films), dtype=bool)
    for place, (film, split) in enumerate(zip(films, splits, strict=True)):
        patient = film.facts.get("patient_id") or film.path
        chosen[place] = split not in FITTED and patient not in seen
        seen.add(patient)
    return chosen


def _side(
    chosen: np.ndarray, acquisition: pd.DataFrame, answers: pd.DataFrame, places: Floats
) -> FilmSide:
    kept = acquisition[chosen].reset_index(drop=True)
    return FilmSide(kept, kept, answers[chosen].reset_index(drop=True), places[chosen])


def _expected(
    calls: FilmCalls, chosen: np.ndarray, watched: WatchedNetwork
) -> ExpectedPerformance | None:
    decision = watched.network.decision
    negative = decision.negative_class
    number = None if negative is None else decision.classes.index(negative)
    truth = watched.reference.class_index
    return expect_performance(
        _chosen_calls(calls, chosen), watched.validation_calls(), truth, number
    )


def _chosen_calls(calls: FilmCalls, chosen: np.ndarray) -> FilmCalls:
    """Calls of some films.

    Args:
        calls: Of n films.
        chosen: (n,) bool.
    """
    parts: dict[str, Any] = {
        name: None if part is None else part[chosen] for name, part in vars(calls).items()
    }
    return FilmCalls(**parts)


def logged_films(found: InboxFindings, watched: WatchedNetwork) -> list[LoggedFilm]:
    """The answers for the films of an inbox, as rows of its table."""
    return [
        _logged(found, place, watched)
        for place in range(len(found.films))
        if found.calls is not None
    ]


def _logged(found: InboxFindings, place: int, watched: WatchedNetwork) -> LoggedFilm:
    calls, decision = found.calls, watched.network.decision
    assert calls is not None  # noqa: S101 - checked by the caller
    film, prob = found.films[place], calls.prob_finding
    is_answered = not calls.is_refused[place]
    positive = calls.called_positive
    return LoggedFilm(
        image_id=film.sha256 or "",
        path=film.path,
        model_sha256=watched.network.sha256,
        call=_call(calls, place, decision.classes, decision.negative_class) if is_answered else "",
        called_positive=("yes" if positive[place] else "no")
        if positive is not None and is_answered
        else "",
        prob_finding=f"{prob[place]:.6f}" if prob is not None and is_answered else "",
        split=found.splits[place],
    )


def _call(calls: FilmCalls, place: int, classes: Sequence[str], negative: str | None) -> str:
    """Class of the call: the negative one, or the most probable of the others."""
    probabilities = dict(zip(classes, calls.probabilities[place].tolist(), strict=True))
    if negative is None or calls.called_positive is None:
        return max(probabilities, key=probabilities.__getitem__)
    if not calls.called_positive[place]:
        return negative
    del probabilities[negative]
    return max(probabilities, key=probabilities.__getitem__)
