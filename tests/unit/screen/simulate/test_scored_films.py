"""Scores as the stage `evaluate` wrote them, damaged ones, and films dealt from them."""

import json
from pathlib import Path

import numpy as np
import pytest

from tasks.core.errors import ScreeningError
from tasks.core.network.screened_film import ScreenedFilm, urgency_group
from tasks.screen.simulate.scored_films import deal_films, read_scores, resample_by_patient
from tests.simulated_clinics import scored_films

PROBS = [0.9, 0.95, None, 0.2, 0.1, 0.6, 0.3, 0.3, 0.05, 0.7]
FILMS = {
    "patient": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    "positive": [True] * 5 + [False] * 5,
    "prob_finding": PROBS,
    "is_referred": [False, False, True, True, False, False, False, False, False, True],
}
SCORES = {
    "model": "ann",
    "classes": ["NORMAL", "PNEUMONIA"],
    "negative_class": "NORMAL",
    "threshold": 0.5,
    "is_synthetic": True,
    "films": FILMS,
}


def written(folder: Path, **changes: object) -> Path:
    path = folder / "scores.json"
    path.write_text(json.dumps(SCORES | changes))
    return path


def test_films_are_sorted_as_the_worklist_sorts_them(tmp_path):
    found = read_scores(written(tmp_path))
    screened = []
    for k, prob in enumerate(PROBS):
        called = None if prob is None else prob >= 0.5
        group = urgency_group(is_scored=True, called_positive=called, refer=FILMS["is_referred"][k])
        screened.append(
            ScreenedFilm(f"{k:02}", "0" * 64, "scored", "ann", "1" * 64, prob_finding=prob,
                         group=group)
        )  # fmt: skip
    expected = [int(film.path) for film in sorted(screened, key=ScreenedFilm.urgency)]
    assert expected == [1, 0, 5, 9, 3, 2, 6, 7, 4, 8]
    assert np.argsort(found.urgency, kind="stable").tolist() == expected
    assert found.urgency[6] == found.urgency[7]  # equal scores share a place


def test_missed_films_are_told_from_refused_and_referred_ones(tmp_path):
    found = read_scores(written(tmp_path))
    assert np.flatnonzero(found.called_negative & found.positive).tolist() == [3, 4]
    assert np.flatnonzero(found.is_last & found.positive).tolist() == [4]
    assert (found.finding, found.is_synthetic) == ("PNEUMONIA", True)


def test_several_findings_have_no_name_of_their_own(tmp_path):
    path = written(tmp_path, classes=["COVID", "NORMAL", "PNEUMONIA"])
    assert read_scores(path).finding == "a finding"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"films": None}, "no negative class"),
        ({"films": FILMS | {"patient": [0, 1]}}, "one length"),
        ({"films": {"patient": []}}, "positive"),
        ({"films": FILMS | {"positive": [1] * 10}}, "true and false"),
        ({"films": FILMS | {"prob_finding": [2.0] * 10}}, "probability"),
        ({"films": FILMS | {"prob_finding": ["x"] * 10}}, "ValueError"),
        ({"films": FILMS | {"patient": [0] * 5 + [1, 2, 3, 4, 5]}}, "1 with a finding"),
        ({"threshold": None}, "TypeError"),
        ({"films": 7}, "TypeError"),
    ],
)
def test_damaged_scores_are_refused_with_the_file_and_the_next_step(tmp_path, changes, found):
    path = written(tmp_path, **changes)
    with pytest.raises(ScreeningError, match=found) as raised:
        read_scores(path)
    assert raised.value.where == str(path)
    assert "dvc repro evaluate" in raised.value.next_step


@pytest.mark.parametrize("content", ["", '{"films": {', "path,label"])
def test_a_file_that_is_not_json_is_called_so(tmp_path, content):
    path = tmp_path / "scores.json"
    path.write_text(content)
    with pytest.raises(ScreeningError, match="not JSON"):
        read_scores(path)


@pytest.mark.parametrize("content", ["[]", "{}", "null"])
def test_a_file_of_another_form_is_refused(tmp_path, content):
    path = tmp_path / "scores.json"
    path.write_text(content)
    with pytest.raises(ScreeningError, match="complete"):
        read_scores(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ScreeningError, match="no such file"):
        read_scores(tmp_path / "scores.json")


def test_a_resample_takes_whole_patients_and_keeps_the_number_of_each_kind(tmp_path):
    films = FILMS | {"patient": [0, 0, 1, 2, 3, 4, 4, 5, 6, 3]}  # patient 3 has both sides
    found = read_scores(written(tmp_path, films=FILMS))
    found = type(found)(**{**vars(found), "patient": np.array(films["patient"])})
    weights = resample_by_patient(found, 50, np.random.default_rng(0))
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 5] == weights[:, 6]).all()
    assert (weights[:, [4, 9]] == 1).all()  # the only patient of its kind
    assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()
    assert len(np.unique(weights, axis=0)) > 10


def test_films_are_dealt_from_their_side_in_proportion_to_the_weights():
    films = scored_films(np.array([0.9, 0.8]), np.array([0.1, 0.2]))
    positive = np.arange(4000) % 2 == 0
    luck = np.random.default_rng(1).random(4000)
    dealt = deal_films(films, np.array([3, 1, 0, 2]), positive, luck)
    assert set(dealt[~positive]) == {3}
    assert (dealt[positive] == 0).mean() == pytest.approx(0.75, abs=0.03)
    last = deal_films(films, np.array([1, 1, 1, 1]), np.array([True]), np.array([1 - 2**-53]))
    assert last.tolist() == [1]
