"""Score both networks on one set of films, and measure them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core.decision.hashes import hash_films
from tasks.core.params import Params
from tasks.core.test_ledger import record_reading
from tasks.gate.compared_films import ComparedFilms
from tasks.gate.film_answers import FilmAnswers, answers_of
from tasks.gate.film_squares import squares_for
from tasks.gate.paired_measures import JudgedTruth, Measure, measure_pair
from tasks.gate.plain_limits import GATE_CHAMPION_READING, GATE_READING
from tasks.gate.released_network import ReleasedNetwork


@dataclass(frozen=True, eq=False)
class JudgedSet:
    """A set of films and what both networks are worth on it.

    gap: why they could not be compared, or None. truth, measures: None and empty with a gap.
    n_refused: films without an answer, of the new network and of the one in use.
    """

    films: ComparedFilms
    gap: str | None
    truth: JudgedTruth | None
    measures: Mapping[str, Measure]
    n_refused: Sequence[int]


def judge_set(
    films: ComparedFilms, networks: Sequence[ReleasedNetwork], params: Params
) -> JudgedSet:
    """Score the new network, and the one in use if there is one, on the same films.

    Args:
        films: From `home_films` or `cohort_films`.
        networks: The new network, then the one in use; their classes are equal.
        params: All sections.

    Raises:
        LunglineError: The films or their squares cannot be read.
    """
    gap = films.gap or _unknown_class(films, networks[0])
    truth = None if gap else _truth(films, networks[0], params)
    if truth is not None and truth.has_one_side():
        gap = "its films are all of one class, so nothing can be compared"
    if gap or truth is None:
        return JudgedSet(films, gap, None, {}, ())
    answers = [_answers(one, films, params) for one in networks]
    champion = answers[1] if len(answers) > 1 else None
    measures = measure_pair(truth, answers[0], champion)
    return JudgedSet(films, None, truth, measures, [int(one.is_refused.sum()) for one in answers])


def _unknown_class(films: ComparedFilms, released: ReleasedNetwork) -> str | None:
    others = sorted(set(films.films["label"].dropna()) - set(released.network.classes))
    if films.films["label"].isna().any():
        others.append("films without a class")
    return f"the networks do not know {', '.join(others)}" if others else None


def _truth(films: ComparedFilms, released: ReleasedNetwork, params: Params) -> JudgedTruth:
    decision = released.network.decision
    names = list(decision.classes)
    negative = decision.negative_class
    return JudgedTruth(
        class_index=np.array([names.index(label) for label in films.films["label"]]),
        negative=None if negative is None else names.index(negative),
        groups=films.films["group_id"],
        n_bootstrap=params.evaluate.n_bootstrap,
        seed=params.evaluate.seed,
    )


def _answers(released: ReleasedNetwork, films: ComparedFilms, params: Params) -> FilmAnswers:
    network = released.network
    return answers_of(network, squares_for(films, network.resize, params.compute))


def record_gate(films: ComparedFilms, networks: Sequence[ReleasedNetwork]) -> None:
    """Enter the reading of the test split in the ledger, before any number is known.

    The same networks on the same films add no row.

    Args:
        films: Of the test split.
        networks: The new network, then the one in use.
    """
    films_sha = hash_films(films.films["image_id"], films.films["label"])
    for reading, one in zip((GATE_READING, GATE_CHAMPION_READING), networks, strict=False):
        decision = one.network.decision
        record_reading(decision.model, reading, decision.sha256, decision.network_sha256, films_sha)
