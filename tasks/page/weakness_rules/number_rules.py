"""Rules on the films and numbers behind the results: how many, how sure, and what is missing."""

from collections.abc import Mapping

from tasks.core.html.number_format import (
    EstimateJson,
    count_of,
    format_interval,
    format_number,
    format_percent,
)
from tasks.page.figure_text import bounds_of, difference_of, estimate_of, figure, short_text
from tasks.page.page_inputs import PageInputs
from tasks.page.page_text import films_text, outcome_title
from tasks.page.weakness_rules.weakness_check import WeaknessCheck

WIDE_INTERVAL = 0.10  # distance of the ends of a 95 % interval; our choice
AUROC_GAP = 0.03  # validation minus test; our choice
# Source: Vergouwe et al., J Clin Epidemiol 2005;58:475: at least 100 films with and 100 films
# without the finding to validate a model. Collins et al., Stat Med 2016;35:214 agree.
FEW_FILMS = 100
LOG_LOSS = "log_loss"  # has no upper limit, so a width says nothing

METRIC_TITLES = {
    "auroc": "AUROC",
    "average_precision": "average precision",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "f1": "F1",
    "mcc": "Matthews correlation",
    "log_loss": "log loss",
    "brier": "Brier score",
    "calibration_error": "calibration error",
}


def auroc_gap(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether the AUROC falls from validation to test. Limits: by 0.03, or more than chance."""
    test = estimate_of(inputs.evaluation, "test", "auroc")
    validation = estimate_of(inputs.evaluation, "validation", "auroc")
    if test["value"] is None or validation["value"] is None:
        return None
    fall = difference_of(validation, test)
    gap = validation["value"] - test["value"]
    number = short_text(fall) if fall["value"] is not None else format_number(gap)
    detail = (
        f"{figure('AUROC', validation, 3)} on validation; {figure('AUROC', test, 3)} on test. "
        f"Validation less test: {number}."
    )
    is_shown = fall["low"] is not None and fall["low"] > 0
    if gap > AUROC_GAP or is_shown:
        chance = "" if is_shown else " (may be chance)"
        title = f"AUROC falls from validation to test by {number}{chance}"
        return WeaknessCheck("auroc_gap", title, detail, number, is_weak=True)
    title = f"AUROC does not clearly fall from validation to test: {number}"
    return WeaknessCheck("auroc_gap", title, detail, number, is_weak=False)


def wide_intervals(inputs: PageInputs) -> WeaknessCheck | None:
    """Metrics on test whose 95 % interval is wider than 0.10."""
    known = {
        title: estimate
        for title, estimate in _metrics(inputs).items()
        if bounds_of(estimate) is not None and title != METRIC_TITLES[LOG_LOSS]
    }
    if not known:
        return None
    wide = {title: one for title, one in known.items() if _width(one) > WIDE_INTERVAL}
    limit, number = format_number(WIDE_INTERVAL), f"{len(wide)} of {len(known)}"
    if not wide:
        title = f"No interval is wider than {limit}"
        widest = format_number(max(_width(one) for one in known.values()))
        detail = f"The widest 95 % interval on test spans {widest}."
        return WeaknessCheck("wide_intervals", title, detail, number, is_weak=False)
    listed = ", ".join(f"{title} {format_interval(one)}" for title, one in wide.items())
    title = f"{number} metrics are uncertain by more than {limit}"
    detail = f"95 % intervals on test wider than {limit}: {listed}."
    return WeaknessCheck("wide_intervals", title, detail, number, is_weak=True)


def few_films(inputs: PageInputs) -> WeaknessCheck:
    """Whether a side, or a class, has fewer than 100 test films."""
    evaluation = inputs.evaluation
    if evaluation["negative_class"] is None:
        rows = evaluation["classes_view"]["test"]["per_class"]
        counts = {f"of {row['name']}": int(row["n_images"]) for row in rows}
    else:
        n_positive = evaluation["test"]["n_positive"]
        n_negative = evaluation["test"]["n_images"] - n_positive
        counts = {"with a finding": n_positive, "without a finding": n_negative}
    fewest = min(counts, key=lambda name: counts[name])
    listed = ", ".join(f"{n} {name}" for name, n in counts.items())
    whole = films_text(evaluation["test"], inputs.n_without_patient())
    detail = f"{whole}: {listed}. At least {FEW_FILMS} of each are recommended."
    number = str(counts[fewest])
    title = f"{count_of(counts[fewest], 'test film')} {fewest}"
    is_few = counts[fewest] < FEW_FILMS
    if is_few:
        title = f"Only {title}"
    return WeaknessCheck("few_films", title, detail, number, is_few)


def undefined_metrics(inputs: PageInputs) -> WeaknessCheck | None:
    """Metrics that cannot be computed on the test films."""
    found = _metrics(inputs)
    missing = [title for title, estimate in found.items() if estimate["value"] is None]
    if not found:
        return None
    number = f"{len(missing)} of {len(found)}"
    if not missing:
        title = "Every metric is computable on test"
        return WeaknessCheck("undefined_metrics", title, f"{len(found)} metrics.", number, False)
    title = f"{number} metrics are not computable on test"
    detail = f"Not computable: {', '.join(missing)}."
    return WeaknessCheck("undefined_metrics", title, detail, number, is_weak=True)


def missing_outcomes(inputs: PageInputs) -> WeaknessCheck:
    """Outcomes that no test film shows."""
    missing = inputs.explanations["missing_outcomes"]
    number = str(len(missing))
    if not missing:
        title = "Every outcome has an example"
        detail = "At least one test film shows each of the outcomes: 0 are missing."
        return WeaknessCheck("missing_outcomes", title, detail, number, is_weak=False)
    titles = "; ".join(outcome_title(outcome, inputs.evaluation) for outcome in missing)
    title = f"{count_of(len(missing), 'outcome')} without an example"
    detail = f"There is no test film for: {titles}."
    return WeaknessCheck("missing_outcomes", title, detail, number, is_weak=True)


def unknown_patients(inputs: PageInputs) -> WeaknessCheck:
    """Test films whose patient is not known: each is counted as one patient.

    Films of one patient may then stand in training and test, and the intervals are too narrow.
    """
    n_unknown, test = inputs.n_without_patient(), inputs.evaluation["test"]
    share = format_percent(n_unknown / test["n_images"]) if test["n_images"] else "0 %"
    number = f"{n_unknown} of {count_of(test['n_images'], 'film')}"
    if not n_unknown:
        detail = f"{films_text(test, 0)}; no patient is in two splits."
        return WeaknessCheck("unknown_patients", "Every patient is known", detail, number, False)
    title = f"Patients unknown for {share} of the test films: each film counted as one"
    detail = (
        f"The patient of {number} is not known. Films of one patient may be in training and in "
        "test, so the scores may be too good; and the intervals are too narrow, because films of "
        "one patient are alike."
    )
    return WeaknessCheck("unknown_patients", title, detail, number, is_weak=True)


def _metrics(inputs: PageInputs) -> Mapping[str, EstimateJson]:
    """Metrics on test by title; without a negative class, those of all classes together."""
    evaluation = inputs.evaluation
    if evaluation["negative_class"] is not None:
        test = evaluation["test"]
        return {
            title: estimate_of(test, name) for name, title in METRIC_TITLES.items() if name in test
        }
    view = evaluation["classes_view"]["test"]
    found = {f"mean {name}": estimate for name, estimate in view["macro"].items()}
    return found | {"accuracy": view["accuracy"], "balanced accuracy": view["balanced_accuracy"]}


def _width(estimate: EstimateJson) -> float:
    low, high = bounds_of(estimate) or (0.0, 0.0)
    return high - low
