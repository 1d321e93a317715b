"""The measured scores of test films, and films of a clinic that are dealt from them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core.atomic import read_json
from tasks.core.errors import ScreeningError
from tasks.core.network.screened_film import USUAL_ORDER, urgency_group
from tasks.core.statistics.arrays import Bools, Floats
from tasks.screen.simulate.reading_order import Ints

MIN_SIDE_PATIENTS = 5  # as `validate.min_class_patients`: fewer say nothing of the spread
_COLUMNS = ("patient", "positive", "prob_finding", "is_referred")


@dataclass(frozen=True)
class ScoredFilms:
    """m test films of one network. Arrays are (m,).

    patient: number of the patient. positive: whether the film has a finding. prob_finding: float64,
        NaN where the network gives no answer. called_negative: whether it calls no finding.
    is_referred: whether it leaves the film to a reader.
    urgency: place of the score in the worklist, from 0, the most urgent first; equal scores share
        one. is_last: whether the worklist puts the film into its last group.
    finding: name of the finding, or `a finding` if there are several.
    """

    model: str
    finding: str
    is_synthetic: bool
    patient: Ints
    positive: Bools
    prob_finding: Floats
    called_negative: Bools
    is_referred: Bools
    urgency: Ints
    is_last: Bools


def read_scores(path: Path) -> ScoredFilms:
    """Read the scores that the stage `evaluate` measured.

    Args:
        path: `scores.json`, see tasks/evaluate/film_scores.py.

    Raises:
        ScreeningError: The file is missing or has another form, no class means "no finding", or a
            side has fewer than `MIN_SIDE_PATIENTS` patients.
    """
    try:
        scores = read_json(path)
        columns = scores["films"] and {name: scores["films"][name] for name in _COLUMNS}
        found = None if columns is None else _scored_films(scores, columns)
    except FileNotFoundError as error:
        rule = "a network must be evaluated before a clinic is simulated with it"
        raise _fault(rule, "no such file", path) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        told = f"not JSON: {error}"
        raise _fault("the scores of the test films must be a JSON file", told, path) from error
    except (ValueError, KeyError, TypeError) as error:
        told = f"{type(error).__name__}: {error}"
        raise _fault("the scores of the test films must be complete", told, path) from error
    if found is None:
        raise _fault("one class must mean `no finding`", "no negative class", path)
    _require_patients(found, path)
    return found


def _scored_films(scores: Mapping[str, Any], columns: Mapping[str, Any]) -> ScoredFilms:
    """Arrays from the columns; ValueError if they differ in length or hold other values."""
    patient = np.array(columns["patient"], dtype=np.int64)
    positive, referred = (_flags(columns[name]) for name in ("positive", "is_referred"))
    prob = np.array(columns["prob_finding"], dtype=np.float64)
    if not patient.shape == positive.shape == referred.shape == prob.shape == (len(patient),):
        raise ValueError("the columns must have one length")
    if np.any(prob < 0) or np.any(prob > 1):
        raise ValueError("a probability must lie in [0, 1]")
    called = prob >= float(scores["threshold"])
    groups = [_group(*film) for film in zip(prob, called, referred, strict=True)]
    findings = [name for name in scores["classes"] if name != scores["negative_class"]]
    return ScoredFilms(
        model=str(scores["model"]),
        finding=findings[0] if len(findings) == 1 else "a finding",
        is_synthetic=bool(scores["is_synthetic"]),
        patient=patient,
        positive=positive,
        prob_finding=prob,
        called_negative=~called & np.isfinite(prob),
        is_referred=referred,
        urgency=places_in_worklist(np.array(groups), prob),
        is_last=np.array(groups) == USUAL_ORDER,
    )


def _flags(values: Any) -> Bools:
    if not all(isinstance(value, bool) for value in values):
        raise ValueError("a column must hold true and false only")
    return np.array(values, dtype=bool)


def _group(prob: float, called: bool, referred: bool) -> int:
    answer = bool(called) if np.isfinite(prob) else None
    return urgency_group(is_scored=True, called_positive=answer, refer=bool(referred))


def places_in_worklist(groups: Ints, prob: Floats) -> Ints:
    """Place of each film as `ScreenedFilm.urgency` sorts: group, then highest probability first."""
    keys = np.stack([groups, -np.nan_to_num(prob, nan=-1.0)], axis=1)
    places: Ints = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    return places


def _require_patients(films: ScoredFilms, path: Path) -> None:
    for side, name in ((True, "with"), (False, "without")):
        n_patients = len(np.unique(films.patient[films.positive == side]))
        if n_patients < MIN_SIDE_PATIENTS:
            raise _fault(
                f"each side needs {MIN_SIDE_PATIENTS} patients: with a finding, and without",
                f"{n_patients} {name} a finding",
                path,
            )


def _fault(rule: str, found: str, path: Path) -> ScreeningError:
    return ScreeningError(
        rule,
        found=found,
        where=str(path),
        next_step="`dvc repro evaluate` writes the file; or name another one: --scores FILE",
    )


def resample_by_patient(films: ScoredFilms, n: int, rng: np.random.Generator) -> Ints:
    """Weights of a bootstrap of patients, each kind of patient apart.

    The kinds are patients with films of one side, of the other, and of both, so that no resample
    lacks a side. The share of films with a finding is a setting of the clinic, not of these films.

    Returns:
        (n, m) int64: how often each resample holds each film.

    Source: Field and Welsh, "Bootstrapping clustered data", J. R. Stat. Soc. B 69(3), 2007; Davison
    and Hinkley, "Bootstrap Methods and their Application", 1997, 3.2 (strata).
    """
    patients, code = np.unique(films.patient, return_inverse=True)
    n_positive = np.bincount(code, weights=films.positive)
    n_films = np.bincount(code)
    kind = np.where(n_positive == 0, 0, np.where(n_positive == n_films, 1, 2))
    weights = np.zeros((n, len(patients)), dtype=np.int64)
    for one in np.unique(kind):
        members = np.flatnonzero(kind == one)
        shares = np.full(len(members), 1 / len(members))
        weights[:, members] = rng.multinomial(len(members), shares, size=n)
    return weights[:, code.reshape(-1)]


def deal_films(films: ScoredFilms, weights: Ints, positive: Bools, luck: Floats) -> Ints:
    """The test film whose score each film of the clinic gets.

    Args:
        films: m test films.
        weights: (m,) how often each may be dealt, in proportion.
        positive: (n,) whether the film of the clinic has a finding.
        luck: (n,) in [0, 1).

    Returns:
        (n,) positions in `films`, each on the side that `positive` states.
    """
    dealt = np.empty(len(positive), dtype=np.int64)
    for side in (True, False):
        members = np.flatnonzero((films.positive == side) & (weights > 0))
        ends = np.cumsum(weights[members])
        places = np.searchsorted(ends, luck[positive == side] * ends[-1], side="right")
        dealt[positive == side] = members[np.minimum(places, len(members) - 1)]
    return dealt
