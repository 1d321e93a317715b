"""Sections on other hospitals and on adapting to them."""

from collections.abc import Sequence

from tasks.page.figure_text import Finding, estimate_of
from tasks.page.page_inputs import PageInputs
from tasks.page.sections.page_section import (
    Cell,
    DataTable,
    PageSection,
    metric_row,
    missing_section,
)

_SIDES = {
    "auroc": "AUROC",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "balanced_accuracy": "Balanced accuracy",
}
_CLASSES = {"auroc": "AUROC (macro)", "recall": "Recall (macro)", "f1": "F1 (macro)"}
_THRESHOLDS = {
    "home": "fixed at home",
    "oracle": "oracle: the sensitivity of home, by the labels there",
    "same_share": "as many films called as at home, without labels",
}
_WAYS = {
    "none": "as it is",
    "statistics": "new statistics",
    "threshold": "new threshold",
    "both": "new statistics and threshold",
}


def external_section(inputs: PageInputs) -> PageSection:
    """External cohorts beside the home test films, judged at the home operating point."""
    cohorts = inputs.external["cohorts"]
    title = "Other hospitals"
    if not cohorts:
        why = "No external cohort was asked for (evaluate.external in params.yaml)."
        return missing_section("external", title, why)
    return PageSection(
        "external",
        title,
        (
            "Films of other places, read and fitted as the training films, judged at the operating "
            "point that was fixed at home. Films that are also in the training set are left out.",
            *(sentence for cohort in cohorts for sentence in _sentences(cohort)),
        ),
        tables=(
            _home_and_abroad(inputs),
            _calibration_and_referral(inputs),
            _thresholds(cohorts),
            _unlikeness(cohorts),
            _class_map(cohorts),
        ),
    )


def _sentences(cohort: Finding) -> list[str]:
    """Gaps of a cohort, and how unlike its films are."""
    found = [cohort["gap"]] if cohort["gap"] else []
    found += (cohort["evaluation"] or {}).get("gaps", [])
    found += cohort.get("notes") or []
    found += (cohort["unlikeness"] or {}).get("sentences", [])
    return [f"{cohort['name']}: {sentence}" for sentence in found]


def _home_and_abroad(inputs: PageInputs) -> DataTable:
    evaluation = inputs.evaluation
    metrics = _CLASSES if evaluation["negative_class"] is None else _SIDES
    home = {**evaluation["test"], "classes_view": evaluation["classes_view"]["test"]}
    places = [("home test", home)]
    places += [(cohort["name"], cohort["evaluation"]) for cohort in inputs.external["cohorts"]]
    rows: list[list[Cell]] = []
    for name, found in places:
        shown = (found or {}).get("classes_view", {}).get("macro") if metrics is _CLASSES else found
        counts = [(found or {}).get(key) for key in ("n_images", "n_patients")]
        rows.append([name, *counts, *metric_row("", shown, tuple(metrics))[1:]])
    return DataTable("Home and abroad", ("Films of", "Films", "Patients", *metrics.values()), rows)


def _calibration_and_referral(inputs: PageInputs) -> DataTable:
    places = [("home test", inputs.evaluation)]
    places += [(cohort["name"], cohort) for cohort in inputs.external["cohorts"]]
    rows: list[list[Cell]] = [
        [
            name,
            estimate_of(found, "calibration", "before", "ece"),
            estimate_of(found, "calibration", "after", "ece"),
            estimate_of(found, "abstention", "overall"),
            estimate_of(found, "abstention", "referred"),
            estimate_of(found, "abstention", "novelty", "flagged"),
        ]
        for name, found in places
    ]
    head = (
        "Films of",
        "Calibration error, raw",
        "Calibration error, calibrated",
        "True class in the set",
        "Referred",
        "Flagged as unlike",
    )
    return DataTable("Calibration, sets of classes and foreign films", head, rows)


def _thresholds(cohorts: Sequence[Finding]) -> DataTable:
    rows: list[list[Cell]] = [
        [
            f"{cohort['name']}, {title}",
            cohort["threshold_shift"][name]["threshold"],
            cohort["threshold_shift"][name]["distance"],
            cohort["threshold_shift"][name]["sensitivity"],
            cohort["threshold_shift"][name]["specificity"],
        ]
        for cohort in cohorts
        if cohort["threshold_shift"]
        for name, title in _THRESHOLDS.items()
    ]
    head = ("Threshold", "Probability", "Moved by (logits)", "Sensitivity", "Specificity")
    return DataTable("How far the threshold would have to move", head, rows)


def _unlikeness(cohorts: Sequence[Finding]) -> DataTable:
    rows: list[list[Cell]] = [
        [f"{cohort['name']}, {one['name']}", one["home"], one["cohort"], one["difference"]]
        for cohort in cohorts
        if cohort["unlikeness"]
        for one in cohort["unlikeness"]["statistics"]
    ]
    head = ("Picture", "Home (validation)", "There", "Difference in standard deviations")
    return DataTable("How unlike the films are", head, rows)


def _class_map(cohorts: Sequence[Finding]) -> DataTable:
    rows = [
        [cohort["name"], theirs, ours or "left out"]
        for cohort in cohorts
        for theirs, ours in (cohort["classes"] or {}).items()
    ]
    return DataTable("Names of classes", ("Cohort", "Class there", "Class of the network"), rows)


def adaptation_section(inputs: PageInputs) -> PageSection:
    """What adapting to unlabelled films of another place changes."""
    found, title = inputs.adaptation, "Adapted to another place"
    if not found["cohorts"]:
        return missing_section(
            "adaptation", title, f"Not asked for, or not possible: {found['note']}."
        )
    return PageSection(
        "adaptation",
        title,
        (
            "The network with batch-normalisation statistics of unlabelled films of the place "
            f"(layers: {found['layers']}, share of the new statistics {found['alpha']:g}), with a "
            "threshold from unlabelled scores, or both. The adapted network is a file of its own.",
            *(sentence for cohort in found["cohorts"] for sentence in _findings(cohort)),
        ),
        tables=(
            _ways(found["cohorts"]),
            _films_needed(found["cohorts"]),
            _class_mix(found["cohorts"]),
        ),
    )


def _findings(cohort: Finding) -> list[str]:
    found = [cohort["note"]] if cohort["note"] else []
    found += [f"{_WAYS[way['way']]}: {way['finding']}" for way in cohort["ways"] if way["finding"]]
    if cohort["prevalence"]:
        found.append(cohort["prevalence"]["finding"])
    return [f"{cohort['name']}: {sentence}" for sentence in found]


_NEEDED_HEAD = ("New statistics of", "AUROC", "Sensitivity", "Specificity")
_METRICS_OF_WAYS = ("auroc", "sensitivity", "specificity", "calibration_error")


def _ways(cohorts: Sequence[Finding]) -> DataTable:
    rows: list[list[Cell]] = [
        [
            f"{cohort['name']}, {_WAYS[way['way']]}",
            way["threshold"],
            *metric_row("", way, _METRICS_OF_WAYS)[1:],
        ]
        for cohort in cohorts
        for way in cohort["ways"]
    ]
    head = ("Network", "Threshold", "AUROC", "Sensitivity", "Specificity", "Calibration error")
    return DataTable("Before and after adapting", head, rows)


def _films_needed(cohorts: Sequence[Finding]) -> DataTable:
    rows: list[list[Cell]] = [
        [f"{cohort['name']}, {row['n_films']} films", *_range_of(row["statistics"])]
        for cohort in cohorts
        for row in cohort["films_needed"]
    ]
    return DataTable("Films needed: mean, lowest and highest of some draws", _NEEDED_HEAD, rows)


def _range_of(summary: Finding) -> list[Cell]:
    """Mean with the lowest and the highest draw; not a 95 % interval."""
    return [
        {"value": one["mean"], "low": one["lowest"], "high": one["highest"]}
        for one in (summary[name] for name in ("auroc", "sensitivity", "specificity"))
    ]


def _class_mix(cohorts: Sequence[Finding]) -> DataTable:
    rows: list[list[Cell]] = [
        [
            f"{cohort['name']}, {row['films']}",
            row["n_films"],
            *metric_row("", row, _METRICS_OF_WAYS)[1:],
        ]
        for cohort in cohorts
        for row in cohort["class_mix"]
    ]
    head = (
        "Films that gave the statistics",
        "Films",
        "AUROC",
        "Sensitivity",
        "Specificity",
        "Calibration error",
    )
    return DataTable("What a wrong mix of classes does", head, rows)
