"""The result of a simulation: its numbers agree with each other, and with the clinic."""

import json

import numpy as np
import pytest

from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.simulation import simulate_clinic
from tasks.screen.simulate.simulation_page import render_simulation
from tests.simulated_clinics import scored_films

RNG = np.random.default_rng(2)
FILMS = scored_films(RNG.beta(5, 2, 40), RNG.beta(2, 5, 40))
GIVEN: dict[str, str | None] = dict.fromkeys(
    ("prevalence", "arrivals-per-hour", "reading-minutes", "absent-hours", "radiologists",
     "film-hours", "reading-hours", "reading-times", "horizon-hours"), "1"
)  # fmt: skip


@pytest.fixture(scope="module")
def result():
    return simulate_clinic(Clinic(0.3, 2, 6, 24), FILMS, n_absences=20, seed=0)


def test_the_result_is_json_without_nan(result):
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_changes_are_differences_of_the_orders(result):
    for kind, metrics in result["changes"]["worklist"].items():
        for metric, change in metrics.items():
            ends = [
                result["orders"][order][kind][metric]["value"] for order in ("worklist", "arrival")
            ]
            assert change["value"] == pytest.approx(ends[0] - ends[1], abs=2e-6)


def test_counts_and_facts(result):
    counts = result["n_films"]
    assert counts["all"] == pytest.approx(counts["finding"] + counts["no_finding"])
    network = result["network"]
    assert (network["n_films"], network["n_patients"], network["n_with_finding"]) == (80, 80, 40)
    positive, negative = FILMS.prob_finding[:40], FILMS.prob_finding[40:]
    assert network["auroc"] == pytest.approx(np.mean(positive[:, None] > negative))
    assert network["sensitivity"] == pytest.approx((positive >= 0.5).mean())
    assert network["specificity"] == pytest.approx((negative < 0.5).mean())
    assert result["load"] == {
        "films_per_day": 24, "utilisation": round(24 / 90, 6), "grows_for_ever": False
    }  # fmt: skip


def test_the_curves_rise_to_nearly_all_films(result):
    for line in result["cumulative"]["lines"]:
        assert (np.diff(line["shares"]) >= 0).all()
        assert line["shares"][-1] >= 0.97


def test_longer_absences_gain_more_hours_and_the_chosen_values_are_among_them(result):
    rows = result["by_absence"]
    assert [row["absent_hours"] for row in rows] == [16, 24, 48, 72, 120, 168]
    assert rows[-1]["finding"]["change"]["value"] < rows[1]["finding"]["change"]["value"] < 0
    shares = [row["prevalence"] for row in result["by_prevalence"]]
    assert shares == [0.05, 0.1, 0.2, 0.3, 0.35, 0.5]


def test_one_absence_varies_more_than_the_mean(result):
    change, single = result["changes"]["worklist"]["finding"]["mean"], result["single_absence"]
    assert single["low"] < change["value"] < single["high"]
    assert 0 <= single["share_longer"] <= 1


def test_a_clinic_with_too_much_work_is_simulated_for_a_limited_time_and_the_page_says_so():
    crowded = Clinic(0.3, 9, 6, 24, horizon_hours=50)
    found = simulate_clinic(crowded, FILMS, n_absences=20, seed=0)
    assert found["load"]["grows_for_ever"]
    assert [row["absent_hours"] for row in found["by_absence"]] == [16, 24, 48]
    assert "The list grows for ever" in render_simulation(found, GIVEN)


def test_an_absence_without_films_gives_nulls_and_a_page():
    found = simulate_clinic(Clinic(0.3, 2, 6, 12), FILMS, n_absences=20, seed=0)
    assert found["orders"]["worklist"]["finding"]["mean"]["value"] is None
    assert found["single_absence"]["low"] is None
    assert "Too few films" in render_simulation(found, GIVEN)


def test_the_page_escapes_the_name_of_the_finding_and_asks_for_nothing(result):
    named = result | {"network": result["network"] | {"finding": "<b>COVID</b>"}}
    page = render_simulation(named, GIVEN)
    assert "<b>COVID" not in page
    assert "&lt;b&gt;COVID" in page
    assert "http" not in page.replace("http-equiv", "")
