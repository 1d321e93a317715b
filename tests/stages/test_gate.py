"""The program `gate` on real networks of a few kB and drawn films: what it decides."""

from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.readings import read_readings
from tasks.core.tables import SAMPLES_SCHEMA, read_table, write_table
from tests.films import run_stage
from tests.gate_runs import NEW, USED, decide, decision, gated_samples
from tests.gated_networks import (
    BLIND,
    FAIR,
    GOOD,
    WEAK,
    add_cohort,
    released,
)

__all__ = ["gated_samples"]  # a fixture


@pytest.mark.parametrize(
    ("new", "used", "expected"),
    [
        (GOOD, FAIR, "promote"),
        (GOOD, WEAK, "promote"),
        (FAIR, GOOD, "refuse"),
        (WEAK, FAIR, "refuse"),
        (BLIND, GOOD, "refuse"),
        (GOOD, (BLIND[0], -0.1), "promote"),
        (GOOD, BLIND, "refuse"),  # it calls every film a finding, so it misses none
    ],
)
def test_a_better_network_is_promoted_and_a_worse_one_is_refused(samples, new, used, expected):
    assert decision(samples, new, used) == expected


def test_two_equal_networks_with_other_bytes_are_not_told_apart(samples):
    assert decision(samples, GOOD, (GOOD[0], GOOD[1] + 1e-5)) == "refuse"
    found = read_json(paths.GATE_JSON)
    assert "not shown to be better" in found["headline"]
    assert not found["is_champion"]


def test_the_first_network_needs_an_auroc_above_chance(samples):
    released(NEW, samples)
    assert decide(used=None)["decision"] == "first"
    released(Path("blind"), samples, BLIND)
    found = decide(Path("blind"), None)
    assert (found["decision"], found["champion"]) == ("refuse", None)
    assert "better than chance" in found["headline"]


def test_the_network_in_use_is_recognised_without_a_reading(samples):
    released(NEW, samples)
    released(USED, samples)
    found = decide()
    assert (found["decision"], found["is_champion"]) == ("refuse", True)
    assert found["reasons"] == ["it is the network in use"]
    assert not paths.TEST_LEDGER.exists()


def test_a_reading_is_counted_once_for_each_network(samples):
    decision(samples, GOOD, FAIR)
    first = paths.TEST_LEDGER.read_bytes()
    decide()
    assert paths.TEST_LEDGER.read_bytes() == first
    assert [row.reading for row in read_readings(paths.TEST_LEDGER)] == [
        "gate",
        "gate, network in use",
    ]
    assert "new network number 1" in read_json(paths.GATE_JSON)["numbers"]["ledger"]["sentences"][0]


def test_equal_inputs_give_equal_bytes(samples):
    decision(samples, GOOD, FAIR)
    written = [path.read_bytes() for path in (paths.GATE_JSON, paths.GATE_HTML)]
    decide()
    assert [path.read_bytes() for path in (paths.GATE_JSON, paths.GATE_HTML)] == written


def test_films_that_a_network_knows_are_left_out(samples):
    released(NEW, samples)
    moved = samples.assign(split=samples["split"].where(samples["patient_id"] != "test-004", "val"))
    moved["split"] = moved["split"].where(moved["image_id"] != "test-009-1", "train")
    released(USED, moved, FAIR)
    (films,) = decide()["numbers"]["sets"]
    assert films["left_out"] == {
        "chose the threshold of the network in use": 2,
        "trained the network in use": 2,  # both films of the patient
    }
    assert films["n_films"] == 316


def test_external_cohorts_are_compared_each(samples, tmp_path):
    add_cohort(tmp_path, "clinic")
    decision(samples, GOOD, FAIR)
    found = read_json(paths.GATE_JSON)
    assert found["decision"] == "promote"
    assert {row["films"] for row in found["rows"]} == {"test", "clinic"}
    assert "No loss on clinic" in {rule["name"] for rule in found["rules"]}


def test_a_loss_on_an_external_cohort_refuses_a_network_that_is_better_at_home(samples, tmp_path):
    """There, bright is healthy: the store of the cohort holds the films of the other class."""
    add_cohort(tmp_path, "clinic")
    table = read_table(SAMPLES_SCHEMA, paths.external_samples("clinic"))
    swapped = {"NORMAL": "PNEUMONIA", "PNEUMONIA": "NORMAL"}
    table["label"] = table["label"].map(swapped)
    write_table(table, SAMPLES_SCHEMA, paths.external_samples("clinic"))
    assert decision(samples, GOOD, FAIR) == "refuse"
    assert "on the external cohort clinic AUROC" in " ".join(read_json(paths.GATE_JSON)["reasons"])


@pytest.mark.parametrize(
    ("changes", "gap"),
    [({"n_patients": 0}, "there is no film"), ({"status": "gap"}, "its classes are unknown")],
)
def test_a_cohort_that_cannot_be_judged_is_said_and_vetoes_nothing(samples, tmp_path, changes, gap):
    add_cohort(tmp_path, "clinic", **changes)
    assert decision(samples, GOOD, FAIR) == "promote"
    assert read_json(paths.GATE_JSON)["numbers"]["sets"][1]["gap"] == gap
    assert f"Not compared: {gap}" in paths.GATE_HTML.read_text(encoding="utf-8")


def test_the_program_says_its_decision_and_ends_with_0(samples, tmp_path):
    released(NEW, samples, WEAK)
    released(USED, samples)
    done = run_stage("gate", tmp_path, "--challenger", "new", "--champion", "used")
    assert (done.returncode, "[gate] The new network is refused" in done.stderr) == (0, True)
    missing = run_stage("gate", tmp_path, "--champion", "used")
    assert missing.returncode == 1
    assert "data/classifier/release.json" in missing.stderr
