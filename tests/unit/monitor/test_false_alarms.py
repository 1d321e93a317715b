"""Inboxes drawn from the films of the training: at most 5 of 100 are called drift."""

import sys

import numpy as np
import pandas as pd
import pytest

from tasks.core.params import load_params
from tasks.core.statistics.intervals import wilson_interval
from tasks.monitor.answer_tables import (
    answer_table,
    call_scored,
    embedding_axes,
    score_squares,
    score_titles,
)
from tasks.monitor.drift_decision import FilmSide, decide_drift
from tasks.monitor.film_features import acquisition_table, drift_features
from tests.films import ROOT
from tests.unit.monitor.conftest import Origin

N_DRAWS, N_TRAINING, N_VALIDATION = 200, 140, 80
LEVEL = load_params(ROOT / "params.yaml").monitor.max_false_alarms


@pytest.mark.slow
@pytest.mark.parametrize("n_inbox", [8, 80])
@pytest.mark.parametrize("origin", ["drawn", "kermany"], indirect=True)
def test_false_alarms_stay_below_the_level(origin: Origin, n_inbox: int) -> None:
    """Each draw divides the films anew, so films of the training and new ones are exchangeable."""
    pool = stored_features(origin)
    features = drift_features(score_titles(origin.watched.network.decision))
    rng = np.random.default_rng(n_inbox)
    n_alarms = 0
    for _ in range(N_DRAWS):
        order = rng.permutation(len(pool.acquisition))
        ends = np.cumsum([N_TRAINING, N_VALIDATION, n_inbox])
        training, validation, inbox = np.split(order[: ends[-1]], ends[:-1])
        reference = some(pool, training, validation)
        found = decide_drift(reference, some(pool, inbox, inbox), features, LEVEL)
        n_alarms += found.has_drifted
    share = wilson_interval(n_alarms, N_DRAWS)
    sys.stdout.write(f"{n_alarms} of {N_DRAWS}: {share}\n")  # `pytest -rP` shows it
    assert share.low <= LEVEL
    assert n_alarms <= 0.05 * N_DRAWS


def stored_features(origin: Origin) -> FilmSide:
    network = origin.watched.network
    squares = [film.square for film in origin.films if film.square is not None]
    scores, measures = score_squares(network, squares)
    calls = call_scored(scores, measures, network.decision)
    table = acquisition_table([film.facts for film in origin.films])
    answers = answer_table(calls, measures, network.decision)
    return FilmSide(table, table, answers, embedding_axes(scores.features, network.decision))


def some(pool: FilmSide, training: np.ndarray, answered: np.ndarray) -> FilmSide:
    def rows(table: pd.DataFrame, places: np.ndarray) -> pd.DataFrame:
        return table.iloc[places].reset_index(drop=True)

    return FilmSide(
        acquisition=rows(pool.acquisition, training),
        validation=rows(pool.acquisition, answered),
        answers=rows(pool.answers, answered),
        places=pool.places[answered],
    )
