from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.page.evidence import Evidence
from tasks.page.weaknesses import Finding, find_weaknesses
from tests.report_inputs import MODEL, cohort_films, contract_of, estimate, metrics_of, predict


@pytest.fixture
def metrics() -> dict[str, Any]:
    return metrics_of(MODEL, predict(cohort_films(), np.random.default_rng(0)))


def found(metrics: dict[str, Any], missing: tuple[str, ...] = ()) -> dict[str, Finding]:
    evidence = Evidence(
        model=MODEL,
        metrics=metrics,
        contract=contract_of(MODEL),
        predictions=pd.DataFrame(),
        cohort={},
        curves={},
        explanations={"missing_outcomes": list(missing)},
        pictures_dir=Path(),
        contact_sheet=Path(),
        synthetic=True,
    )
    return {finding.title: finding for finding in find_weaknesses(evidence)}


@pytest.mark.parametrize(
    ("auroc", "title", "weak"),
    [
        (0.99, "A trivial baseline is better", True),
        (0.93, "A trivial baseline comes close", True),
        (0.90, "No trivial baseline comes near", False),
    ],
)
def test_best_baseline_is_held_against_the_network(
    metrics: dict[str, Any], auroc: float, title: str, weak: bool
) -> None:
    metrics["baselines"][1]["test"]["auroc"]["value"] = auroc  # the network has 0.972
    finding = found(metrics)[title]
    assert finding.weak is weak
    assert "“file facts (width, height, bytes)” does best" in finding.detail


def test_missed_target_sensitivity_is_weak(metrics: dict[str, Any]) -> None:
    assert found(metrics)["Target sensitivity missed on test"].weak  # 62 / 65 < 0.97
    metrics["test"]["sensitivity"]["value"] = 0.97
    assert not found(metrics)["Target sensitivity held on test"].weak


def test_weakest_group_is_named_with_its_numbers(metrics: dict[str, Any]) -> None:
    metrics["subgroups"][1]["sensitivity"] = estimate(0.5, 0.3, 0.7)
    finding = found(metrics)["Weakest group: virus"]
    assert finding.detail == (
        "Sensitivity 0.50, 95 % interval 0.30\N{EN DASH}0.70, on 22 films of 20 patients."
    )


def test_group_without_value_is_not_the_weakest(metrics: dict[str, Any]) -> None:
    metrics["subgroups"][1]["sensitivity"] = estimate(None, None, None)
    assert "Weakest group: NORMAL" in found(metrics)


def test_fall_from_validation_to_test_is_weak(metrics: dict[str, Any]) -> None:
    metrics["validation"]["auroc"]["value"] = metrics["test"]["auroc"]["value"] + 0.031
    assert found(metrics)["Worse on test than on validation"].weak


def test_only_intervals_wider_than_a_tenth_are_called_wide(metrics: dict[str, Any]) -> None:
    for name, value in metrics["test"].items():
        if isinstance(value, dict) and "low" in value:
            metrics["test"][name] = estimate(0.9, 0.86, 0.95)
    assert not found(metrics)["Intervals are narrow"].weak
    metrics["test"]["npv"] = estimate(0.9, 0.8, 0.95)
    detail = found(metrics)["Wide intervals"].detail
    assert detail.endswith("negative predictive value 0.80\N{EN DASH}0.95.")


def test_calibration_few_films_and_undefined_metrics_are_weak(metrics: dict[str, Any]) -> None:
    metrics["test"]["ppv"] = estimate(None, None, None)
    findings = found(metrics)
    assert "0.058" in findings["Probabilities are off"].detail
    assert findings["Few test films"].detail.startswith("65 test films with a finding and 99 ")
    assert findings["Undefined on test"].detail.endswith("positive predictive value.")


def test_missing_outcome_is_said_in_plain_words(metrics: dict[str, Any]) -> None:
    assert "Not every outcome can be shown" not in found(metrics)
    finding = found(metrics, missing=("FN",))["Not every outcome can be shown"]
    assert finding.weak
    assert "Missed: pneumonia called normal" in finding.detail


def test_every_metric_may_be_undefined(metrics: dict[str, Any]) -> None:
    for split in ("test", "validation"):
        for value in metrics[split].values():
            if isinstance(value, dict) and "low" in value:
                value.update(estimate(None, None, None))
    for baseline in metrics["baselines"]:
        baseline["test"] = {}
    assert found(metrics)["Undefined on test"].weak
