from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.page.page_inputs import PageInputs
from tasks.page.weaknesses import WeaknessCheck, find_weaknesses
from tests.report_inputs import MODEL, baselines, description_of, evaluation_of, predict
from tests.report_tables import cohort_films, estimate

Json = dict[str, Any]


@pytest.fixture
def evaluation() -> Json:
    return evaluation_of(MODEL, predict(cohort_films(), np.random.default_rng(0)))


def check(
    evaluation: Json, missing: tuple[str, ...] = (), rivals: list[Json] | None = None
) -> dict[str, WeaknessCheck]:
    inputs = PageInputs(
        model=MODEL,
        evaluation=evaluation,
        baselines=baselines() if rivals is None else rivals,
        description=description_of(MODEL),
        predictions=pd.DataFrame(),
        cohort={},
        history={},
        explanations={"missing_outcomes": list(missing)},
        pictures_dir=Path(),
        contact_sheet=Path(),
    )
    return {result.title: result for result in find_weaknesses(inputs)}


@pytest.mark.parametrize(
    ("auroc", "title", "is_weak"),
    [
        (0.99, "A trivial baseline is better", True),
        (0.93, "A trivial baseline comes close", True),
        (0.90, "Clearly better than every trivial baseline", False),
    ],
)
def test_network_is_compared_with_the_best_baseline(
    evaluation: Json, auroc: float, title: str, is_weak: bool
) -> None:
    rivals = baselines()
    rivals[1]["test"]["auroc"]["value"] = auroc  # the network has 0.972
    result = check(evaluation, rivals=rivals)[title]
    assert result.is_weak is is_weak
    assert "is “file facts (width, height, bytes)”: AUROC" in result.detail


def test_missed_target_sensitivity_is_weak(evaluation: Json) -> None:
    assert check(evaluation)["Target sensitivity missed on test"].is_weak  # 62 / 65 < 0.97
    evaluation["test"]["sensitivity"]["value"] = 0.97
    assert not check(evaluation)["Target sensitivity reached on test"].is_weak


def test_subgroup_with_its_interval_below_all_films_is_weak(evaluation: Json) -> None:
    evaluation["subgroups"][1] |= {"sensitivity": estimate(0.9, 0.85, 0.94), "p_corrected": 0.01}
    result = check(evaluation)["Weak subgroup: virus"]
    assert result.is_weak
    assert result.detail == (
        "virus: sensitivity 0.90, 95 % interval 0.85\N{EN DASH}0.94, on 22 films of 20 patients; "
        "all test films: 0.95."
    )


def test_subgroup_far_below_all_films_is_weak_with_any_interval(evaluation: Json) -> None:
    evaluation["subgroups"][1]["sensitivity"] = estimate(0.85, 0.4, 1.0)  # all films: 0.954
    assert check(evaluation)["Low in a subgroup, perhaps by chance: virus"].is_weak


@pytest.mark.parametrize("value", [1.0, 0.9])
def test_subgroup_within_chance_of_all_films_is_not_weak(evaluation: Json, value: float) -> None:
    evaluation["subgroups"][1]["sensitivity"] = estimate(value, 0.77, 1.0)
    result = check(evaluation)["No weak subgroup"]
    assert not result.is_weak
    assert result.detail.startswith("Lowest: ")


def test_subgroup_without_a_value_is_left_out(evaluation: Json) -> None:
    evaluation["subgroups"][1]["sensitivity"] = estimate(None, None, None)
    assert "NORMAL: specificity 0.88" in check(evaluation)["No weak subgroup"].detail


def test_a_perfect_model_has_no_weakness(evaluation: Json) -> None:
    for split in ("test", "validation"):
        for name, value in evaluation[split].items():
            if isinstance(value, dict) and "low" in value:
                is_error = name in ("brier", "calibration_error")
                evaluation[split][name] = estimate(*(0, 0, 0.01) if is_error else (1, 0.97, 1))
        evaluation[split] |= {"n_images": 400, "n_positive": 200}
    for group in evaluation["subgroups"]:
        name = "sensitivity" if "sensitivity" in group else "specificity"
        group[name] = estimate(1.0, 0.9, 1.0)
    results = check(evaluation)
    assert [result.title for result in results.values() if result.is_weak] == []
    assert "No weak subgroup" in results


def test_lower_auroc_on_test_than_on_validation_is_weak(evaluation: Json) -> None:
    evaluation["validation"]["auroc"]["value"] = evaluation["test"]["auroc"]["value"] + 0.031
    assert check(evaluation)["Worse on test than on validation"].is_weak


def test_intervals_wider_than_a_tenth_are_weak(evaluation: Json) -> None:
    for name, value in evaluation["test"].items():
        if isinstance(value, dict) and "low" in value:
            evaluation["test"][name] = estimate(0.9, 0.86, 0.95)
    assert not check(evaluation)["Narrow intervals"].is_weak
    evaluation["test"]["npv"] = estimate(0.9, 0.8, 0.95)
    detail = check(evaluation)["Wide intervals"].detail
    assert detail.endswith("negative predictive value 0.80\N{EN DASH}0.95.")


def test_calibration_few_films_and_undefined_metrics_are_weak(evaluation: Json) -> None:
    evaluation["test"]["ppv"] = estimate(None, None, None)
    results = check(evaluation)
    assert "0.058" in results["Poor calibration"].detail
    assert results["Few test films"].detail.startswith("65 test films with a finding and 99 ")
    assert results["Undefined on test"].detail.endswith("positive predictive value.")


def test_outcome_without_a_film_is_weak(evaluation: Json) -> None:
    assert "Not every outcome has an example" not in check(evaluation)
    result = check(evaluation, missing=("FN",))["Not every outcome has an example"]
    assert result.is_weak
    assert "Missed (false negatives): pneumonia called normal" in result.detail


def test_every_metric_may_be_undefined(evaluation: Json) -> None:
    for split in ("test", "validation"):
        for value in evaluation[split].values():
            if isinstance(value, dict) and "low" in value:
                value.update(estimate(None, None, None))
    rivals = [{"name": "always positive", "test": {}}]
    assert check(evaluation, rivals=rivals)["Undefined on test"].is_weak
