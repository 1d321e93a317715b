import socket

import numpy as np
import pandas as pd
import pytest

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.auroc import auroc
from tasks.evaluate.contract.novelty_fit import fit_novelty
from tasks.evaluate.inference import Inference
from tasks.evaluate.novelty_probes import MAX_FILMS, build_probes, judge_probes
from tests.decisions import decision
from tests.phantom_squares import features_of, phantom_squares


def run(images: Pixels) -> Inference:
    n = len(images)
    return Inference(np.zeros((n, 2), np.float32), np.zeros(n, bool), features_of(images))


@pytest.fixture(scope="module")
def judged():
    """A decision that knows phantom films, its test films, and what it says of the probes."""
    train, val, test = phantom_squares(160, 0), phantom_squares(60, 1), phantom_squares(40, 2)
    novelty = fit_novelty(features_of(train), train, features_of(val), val, 0.05)
    made = decision(novelty=novelty)
    films = pd.DataFrame({"group_id": [f"p{k // 2}" for k in range(40)]})
    films["novelty"] = novelty.score(features_of(test), test)
    return made, films, judge_probes(films, test, run, made, seed=0)


def test_every_kind_of_probe_is_found(judged):
    _, _, probes = judged
    assert [probe["name"] for probe in probes] == [
        "films upside down",
        "films turned by 180 degrees",
        "films turned to the left",
        "films turned to the right",
        "films with inverted grey levels",
        "photographs",
        "drawn hands",
        "drawn knees",
        "drawn skulls",
    ]
    for probe in probes:
        assert probe["flagged"]["value"] >= 0.95, probe
        assert probe["auroc"]["value"] >= 0.99, probe


def test_few_of_the_test_films_are_flagged(judged):
    made, films, _ = judged
    assert (films["novelty"] > made.novelty.threshold).mean() <= 0.15  # 0.05 was asked for


def test_films_of_grown_ups_score_higher(judged):
    made, films, _ = judged
    adults = phantom_squares(40, 3, adult=True)
    scores = made.novelty.score(features_of(adults), adults)
    both = np.concatenate([films["novelty"], scores])
    assert auroc(both, np.arange(80) >= 40) >= 0.85
    assert (scores > made.novelty.threshold).mean() >= 0.5


def test_intervals_count_one_film_of_each_patient(judged):
    _, _, probes = judged
    turned = probes[0]
    assert turned["n_images"] == 20  # of 40 films of 20 patients
    # Wilson at 20 of 20: 20 / (20 + 1.96^2)
    assert turned["flagged"]["low"] == pytest.approx(20 / (20 + 1.959964**2), abs=1e-6)
    assert turned["auroc"]["low"] < turned["auroc"]["value"]


def test_the_same_seed_gives_the_same_probes_and_another_seed_others():
    images = np.random.default_rng(0).integers(0, 256, (90, 32, 32, 1), dtype=np.uint8)
    patients = pd.Series(range(90))
    first, again, other = (build_probes(images, patients, seed) for seed in (0, 0, 1))
    for name, probes in first.items():
        np.testing.assert_array_equal(probes, again[name])
        assert probes.dtype == np.uint8
        assert probes.shape[1:] == (32, 32, 1)
    assert len(first["films upside down"]) == MAX_FILMS
    assert (first["drawn hands"] != other["drawn hands"]).any()
    assert (first["films upside down"] != other["films upside down"]).any()


def test_turned_films_are_the_films_turned():
    image = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    probes = {
        name: films[0, ..., 0] for name, films in build_probes(image, pd.Series(["a"]), 0).items()
    }
    assert probes["films upside down"][0].tolist() == list(range(240, 256))
    assert probes["films turned by 180 degrees"][0].tolist() == list(range(255, 239, -1))
    assert probes["films turned to the left"][0].tolist() == list(range(15, 256, 16))
    assert probes["films turned to the right"][0].tolist() == list(range(240, -1, -16))
    assert probes["films with inverted grey levels"][0].tolist() == list(range(255, 239, -1))


def test_photographs_need_no_network(monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(socket, "socket", refuse)
    photographs = build_probes(np.zeros((1, 24, 24, 1), np.uint8), pd.Series(["a"]), 0)[
        "photographs"
    ]
    assert len(photographs) == 17
    assert photographs.std(axis=(1, 2, 3)).min() > 5  # each shows something
    assert len(np.unique(photographs, axis=0)) == 17


def test_without_films_there_are_no_probes():
    films = pd.DataFrame({"group_id": [], "novelty": []})
    assert judge_probes(films, np.zeros((0, 64, 64, 1), np.uint8), run, decision(), 0) == []
