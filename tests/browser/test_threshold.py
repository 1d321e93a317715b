"""The threshold slider: at every threshold its arithmetic is that of the evaluation."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tasks.core.statistics.arrays import Bools, Floats
from tasks.evaluate.call_counts import accuracy, count_calls, npv, ppv, sensitivity, specificity
from tasks.evaluate.evaluation import build_evaluation
from tasks.evaluate.predictive_values import npv_at, ppv_at
from tasks.page.threshold_section import threshold_section
from tests.cohorts import evaluate_params
from tests.decisions import decision
from tests.interactive_page import CHROMIUM, complaints_of, write_interactive_page
from tests.predicted_films import predicted_films, two_class

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")

CHOSEN = 0.625  # a tie of two films, one of each class
SHARES = {
    "sensitivity": sensitivity,
    "specificity": specificity,
    "ppv": ppv,
    "npv": npv,
    "accuracy": accuracy,
}


def predicted(prob: Floats, positive: Bools) -> pd.DataFrame:
    return pd.DataFrame({"prob_positive": prob, "positive": positive})


@pytest.fixture(scope="module")
def films() -> pd.DataFrame:
    """Films with ties within a class and between classes, and probabilities of 0 and nearly 1."""
    rng = np.random.default_rng(5)
    positive = rng.random(120) < 0.4
    prob = rng.beta(np.where(positive, 3, 1.2), np.where(positive, 1.2, 3)).round(2)
    prob[:3], positive[:3] = [0.0, CHOSEN, CHOSEN], [False, True, False]
    return predicted(prob, positive)


def evaluation(threshold: float = CHOSEN) -> dict[str, Any]:
    chosen = {"name": "target_sensitivity", "threshold": threshold, "rule": "a <rule>"}
    half = {"threshold": 0.5, "rule": "fixed at 0.5"}
    return {
        "classes": ["NORMAL", "<b>PNEUMONIA"],
        "negative_class": "NORMAL",
        "operating_point": chosen,
        "operating_points": {"half": half, "target_sensitivity": chosen},
    }


def opened(browser: Browser, folder: Path, films: pd.DataFrame) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    path = write_interactive_page(folder, {"threshold": threshold_section(evaluation(), films)})
    page.complaints = complaints_of(page)  # type: ignore[attr-defined]
    page.goto(path.as_uri(), wait_until="load")
    return page


@pytest.fixture
def page(browser: Browser, tmp_path: Path, films: pd.DataFrame) -> Iterator[Page]:
    page = opened(browser, tmp_path, films)
    yield page
    assert page.complaints == []  # type: ignore[attr-defined]
    page.close()


def shown(page: Page, threshold: float) -> dict[str, float | None]:
    """Numbers of the page, with all their digits, after the field was set."""
    return page.evaluate(
        """threshold => {
            const field = document.getElementById("threshold-number");
            field.value = String(threshold);
            field.dispatchEvent(new Event("change"));
            const places = document.querySelectorAll("#threshold [data-out]");
            return Object.fromEntries([...places].map(place => [
                place.dataset.out,
                place.dataset.value === "" ? null : Number(place.dataset.value),
            ]));
        }""",
        threshold,
    )


def test_numbers_at_every_threshold_are_those_of_the_evaluation(
    page: Page, films: pd.DataFrame
) -> None:
    prob, positive = films["prob_positive"].to_numpy(), films["positive"].to_numpy()
    one = np.ones((1, len(films)))
    page.fill("#threshold-prevalence", "5")
    for threshold in np.unique([*prob, *np.nextafter(prob, 1), 0.0, 0.5, CHOSEN, 1.0]):
        counts = count_calls(positive, (prob >= threshold)[:, np.newaxis], one)
        found = shown(page, float(threshold))
        for name, formula in SHARES.items():
            assert same(found[name], formula(counts)[0, 0]), (name, threshold)
        rates = sensitivity(counts)[0], specificity(counts)[0]
        assert same(found["ppv-elsewhere"], ppv_at(0.05, *rates)[0])
        assert same(found["npv-elsewhere"], npv_at(0.05, *rates)[0])
        assert found["tp"] == (positive & (prob >= threshold)).sum()
        assert found["tn"] == (~positive & (prob < threshold)).sum()


def same(one: float | None, other: float) -> bool:
    """Equal to the last bits; undefined numbers are None on the page and NaN in NumPy."""
    return bool(np.isnan(other)) if one is None else bool(np.isclose(one, other, rtol=1e-14))


def test_numbers_are_those_of_evaluation_json(browser: Browser, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    point = decision()
    prob = rng.random(80).round(2)
    labels = [point.classes[int(one)] for one in rng.random(80) < prob]
    tables = [
        predicted_films(point, labels, two_class(prob), np.arange(80) // 2, split)
        for split in ("test", "val")
    ]
    found = build_evaluation(pd.concat(tables, ignore_index=True), point, evaluate_params())
    section = threshold_section(found, tables[0])
    page = browser.new_page()
    page.goto(write_interactive_page(tmp_path, {"threshold": section}).as_uri())
    for of_page in found["operating_points"].values():
        numbers = shown(page, of_page["threshold"])
        for name in SHARES:
            assert numbers[name] == pytest.approx(of_page["test"][name]["value"], rel=1e-14)
    numbers = shown(page, found["operating_point"]["threshold"])
    assert {name: numbers[name] for name in ("tp", "fp", "tn", "fn")} == found["test"]["confusion"]
    for row in found["prevalences"]:
        page.fill("#threshold-prevalence", str(100 * row["prevalence"]))
        numbers = shown(page, found["operating_point"]["threshold"])
        assert numbers["ppv-elsewhere"] == pytest.approx(row["ppv"]["value"], rel=1e-12)
        assert numbers["npv-elsewhere"] == pytest.approx(row["npv"]["value"], rel=1e-12)
    page.close()


def test_page_starts_at_the_chosen_point_with_the_text_that_stood_there(
    page: Page, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    silent = context.new_page()
    silent.goto((tmp_path / "page.html").as_uri())
    for table in ("#threshold-matrix", "#threshold-shares tbody:first-of-type"):
        assert silent.inner_text(table).strip() == page.inner_text(table).strip()
    assert not silent.is_visible("#threshold-slider")
    context.close()
    assert page.input_value("#threshold-number") == str(CHOSEN)
    assert page.get_attribute("[data-threshold='0.625']", "aria-pressed") == "true"


def test_arrow_keys_change_a_call_each_time(page: Page, films: pd.DataFrame) -> None:
    page.focus("#threshold-slider")
    page.keyboard.press("Home")
    prob = films["prob_positive"].to_numpy()
    seen = [int((prob >= 0).sum())]
    for _ in range(len(np.unique(prob))):
        page.keyboard.press("ArrowRight")
        threshold = float(page.input_value("#threshold-number"))
        seen.append(int((prob >= threshold).sum()))
    assert all(after < before for before, after in itertools.pairwise(seen))
    assert seen[-1] == 0
    page.keyboard.press("ArrowLeft")
    assert float(page.input_value("#threshold-number")) == prob.max()


def test_between_two_films_the_next_step_changes_a_call(page: Page, films: pd.DataFrame) -> None:
    prob = np.unique(films["prob_positive"])
    shown(page, float((prob[3] + prob[4]) / 2))
    page.focus("#threshold-slider")
    page.keyboard.press("ArrowRight")
    assert float(page.input_value("#threshold-number")) == prob[5]


def test_markers_stand_where_the_numbers_are(page: Page) -> None:
    found = shown(page, 0.3)
    dot = page.locator("#threshold-roc circle.marker")
    assert float(dot.get_attribute("cx") or -1) == pytest.approx(200 * (1 - found["specificity"]))
    assert float(dot.get_attribute("cy") or -1) == pytest.approx(200 * (1 - found["sensitivity"]))
    dot = page.locator("#threshold-precision circle.marker")
    assert float(dot.get_attribute("cy") or -1) == pytest.approx(200 * (1 - found["ppv"]))
    assert page.get_attribute("#threshold-bars line.marker", "x1") == "60"


def test_undefined_numbers_are_dashes(page: Page) -> None:
    shown(page, 1.0)
    assert page.inner_text("td[data-out='ppv']") == "\N{EN DASH}"
    assert page.inner_text("td[data-out='ppv-elsewhere']") == "\N{EN DASH}"
    shown(page, 0.0)
    assert page.inner_text("td[data-out='npv']") == "\N{EN DASH}"
    page.fill("#threshold-prevalence", "120")
    assert page.inner_text("td[data-out='npv-elsewhere']") == "\N{EN DASH}"


def test_summary_is_spoken(page: Page) -> None:
    page.click("text=One half")
    expect(page.locator("#threshold-summary")).to_contain_text("Threshold 0.500: ")


@pytest.mark.parametrize("value", [True, False])
def test_films_of_one_class_only(browser: Browser, tmp_path: Path, *, value: bool) -> None:
    films = predicted(np.array([0.1, 0.6, 0.9]), np.array([value] * 3))
    page = opened(browser, tmp_path, films)
    assert shown(page, 0.5)["specificity" if value else "sensitivity"] is None
    assert page.complaints == []  # type: ignore[attr-defined]
    page.close()


def test_without_a_negative_class_a_sentence_stands_there(
    browser: Browser, tmp_path: Path, films: pd.DataFrame
) -> None:
    section = threshold_section(evaluation() | {"negative_class": None}, films)
    path = write_interactive_page(tmp_path, {"threshold": section})
    page = browser.new_page()
    complaints = complaints_of(page)
    page.goto(path.as_uri())
    assert "nothing to move" in page.inner_text("#threshold")
    assert complaints == []
    page.close()
