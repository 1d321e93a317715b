import json
import re
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.params import load_params
from tasks.gate.decision_json import decision_json, refusal
from tasks.gate.decision_page import render_decision
from tests.films import workspace

EVIL = "<img src=x onerror=alert(1)>"
NAMES = {"folder": "data/classifier", "model": "ann", "sha256": "a" * 64, "release_sha256": "b"}
ALONE = {"champion": None, "challenger": NAMES}
SET = {
    "name": "test",
    "is_test": True,
    "gap": None,
    "n_films": 12,
    "n_patients": 7,
    "n_positive": 5,
    "n_refused": [1],
    "left_out": {"trained the new network": 3},
}
NUMBER = {"value": 0.9, "low": 0.8, "high": 1.0}
ROW = {
    "name": "AUROC",
    "films": "test",
    "difference": None,
    "interval": None,
    "challenger_estimate": NUMBER,
    "champion_estimate": None,
}
RULE = {"name": "A rule", "limit": "a limit", "found": EVIL, "passed": False}
NUMBERS = {"sets": [SET], "power": ["Little."], "ledger": {"sentences": ["Twice."]}}
DETAILS = {"rows": [ROW], "rules": [RULE], "numbers": NUMBERS}


@pytest.fixture
def render(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(workspace(tmp_path))
    params = load_params(paths.PARAMS)
    return lambda found: render_decision(found, params)


def test_the_decision_comes_first(render):
    page = render(refusal(["it is slow"], DETAILS) | ALONE)
    assert re.search(r"<h1>(.*?)</h1>", page)[1] == "The new network is refused: it is slow."
    assert page.index("<h1>") < page.index("<table")
    assert "stays" in page


def test_the_parts_of_the_result_stand_on_the_page(render):
    page = render(decision_json("first", "It is the first.", ["none in use"], DETAILS) | ALONE)
    assert "12 films (5 with a finding) of 7 patients" in page
    assert "3 films: this film, or one of the same patient" in page
    assert "Without an answer: 1 film" in page
    assert "Little." in page
    assert "Twice." in page
    assert "python -m tasks.gate --challenger data/classifier" in page


def test_text_of_the_data_is_escaped_and_nothing_is_requested(render):
    page = render(refusal([EVIL], DETAILS) | ALONE)
    assert EVIL not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_a_gap_and_the_network_in_use_have_pages_too(render):
    gap = DETAILS | {"rows": [], "numbers": NUMBERS | {"sets": [SET | {"gap": "no film is left"}]}}
    assert "Not compared: no film is left." in render(refusal(["no film is left"], gap) | ALONE)
    same = refusal(["it is the network in use"]) | {"is_champion": True}
    page = render(same | {"champion": NAMES, "challenger": NAMES})
    assert "byte for byte" in page
    assert json.dumps(same, allow_nan=False)
