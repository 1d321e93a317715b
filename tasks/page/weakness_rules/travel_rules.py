"""Rules on what the network does elsewhere: on new films, in other hospitals, without lungs."""

from collections.abc import Mapping
from typing import Literal

from tasks.core.html.number_format import EstimateJson, count_of, format_number, format_percent
from tasks.core.statistics.intervals import CHANCE
from tasks.page.figure_text import (
    Finding,
    bounds_of,
    difference_of,
    estimate_of,
    interval_text,
    joined,
    short_text,
)
from tasks.page.page_inputs import PageInputs
from tasks.page.weakness_rules.weakness_check import WeaknessCheck

CONTROL_TITLES = {
    "lungs_blanked": "films with the lungs blanked",
    "border_only": "the border of the films only",
    "patches_shuffled": "films cut into patches in a random order",
    "thumbnail": "thumbnails",
}
LARGEST_DROP = 0.10  # of sensitivity or specificity; our choice
LARGEST_AUROC_DROP = 0.05  # our choice
# Share of what the network has above chance that may be left without lungs; our choice. That a
# network reads other things than lungs: Maguolo and Nanni, Information Fusion 76:1-7, 2021;
# DeGrave, Janizek and Lee, Nature Machine Intelligence 3:610-619, 2021.
LARGEST_SHARE_WITHOUT_LUNGS = 0.5
NO_LUNG_LEFT = ("lungs_blanked", "border_only")  # controls in which no lung is left
_LIMITS = f"{LARGEST_DROP:.2f} (AUROC: {LARGEST_AUROC_DROP:.2f})"
_HELD = f"The intervals exclude a fall of {_LIMITS} or more."
_UNSURE = f"The intervals show no fall, and do not exclude one of {_LIMITS} or more."
_NO_COHORT = (
    "No external cohort was asked for (evaluate.external in params.yaml), so nothing is known "
    "about films of another hospital."
)


def threshold_on_test(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether sensitivity and specificity of the chosen threshold hold from validation to test."""
    validation, test = inputs.evaluation["validation"], inputs.evaluation["test"]
    if inputs.evaluation["negative_class"] is None:
        return None
    both = ("sensitivity", "specificity")
    changes = {name: change_of(test[name], validation[name]) for name in both}
    lost = [name for name in both if changes[name] == "fell"]
    falls = {name: difference_of(test[name], validation[name]) for name in both}
    number = "; ".join(f"{name} {short_text(change)}" for name, change in falls.items())
    pairs = "; ".join(
        f"{name} {interval_text(validation[name])} on validation and {interval_text(test[name])} "
        "on test"
        for name in both
    )
    threshold = format_number(inputs.evaluation["operating_point"]["threshold"], 3)
    detail = f"At the threshold {threshold}: {pairs}. Test less validation: {number}."
    if lost:
        title = f"The operating point does not hold on test: {_falls_text(lost, falls)}"
        return WeaknessCheck("threshold_on_test", title, detail, number, is_weak=True)
    if set(changes.values()) == {"held"}:
        title = "The operating point holds on test"
        return WeaknessCheck("threshold_on_test", title, f"{detail} {_HELD}", number, is_weak=False)
    title = "Too few films to say that the operating point holds on test"
    return WeaknessCheck("threshold_on_test", title, f"{detail} {_UNSURE}", number, is_weak=False)


def cohorts_abroad(inputs: PageInputs) -> list[WeaknessCheck]:
    """One result for each external cohort; one that says so if there is none."""
    cohorts = inputs.external["cohorts"]
    if not cohorts:
        title = "Other hospitals: not known"
        return [WeaknessCheck("external", title, _NO_COHORT, "0 cohorts", is_weak=True)]
    return [_abroad(cohort, inputs.evaluation) for cohort in cohorts]


def _abroad(cohort: Finding, home: Finding) -> WeaknessCheck:
    name, rule = cohort["name"], f"external:{cohort['name']}"
    if cohort["status"] != "judged":
        return WeaknessCheck(rule, f"{name}: not judged", f"{cohort['gap']}", "not judged", True)
    there, here = _metrics_abroad(cohort["evaluation"], home)
    changes = {key: change_of(there[key], here[key], _limit(key)) for key in here}
    falls = {key: difference_of(there[key], here[key]) for key in here}
    lost = [key for key in here if changes[key] == "fell"]
    number = "; ".join(f"{key} {short_text(one)}" for key, one in falls.items() if one["value"])
    pairs = "; ".join(
        f"{key} {interval_text(there[key])}, at home {interval_text(here[key])}" for key in here
    )
    detail = (
        f"On {count_of(cohort['evaluation']['n_images'], 'film')} of {name}, judged at the "
        f"operating point that was fixed at home: {pairs}.{_moved(cohort)}"
    )
    number = number or "not computable"
    if lost:
        title = f"It does not travel to {name}: {_falls_text(lost, falls)}"
        return WeaknessCheck(rule, title, detail, number, is_weak=True)
    if any(there[key]["value"] is None for key in here):
        return WeaknessCheck(rule, f"{name}: not all is computable", detail, number, is_weak=False)
    if set(changes.values()) == {"held"}:
        return WeaknessCheck(rule, f"It travels to {name}", f"{detail} {_HELD}", number, False)
    title = f"{name}: too few films to say whether it travels"
    return WeaknessCheck(rule, title, f"{detail} {_UNSURE}", number, is_weak=False)


def _metrics_abroad(
    there: Finding, home: Finding
) -> tuple[dict[str, EstimateJson], dict[str, EstimateJson]]:
    """What is compared: metrics there and at home, by their title."""
    if home["negative_class"] is None:
        title = "mean AUROC of the classes"
        return (
            {title: estimate_of(there, "classes_view", "macro", "auroc")},
            {title: estimate_of(home, "classes_view", "test", "macro", "auroc")},
        )
    keys = {"AUROC": "auroc", "sensitivity": "sensitivity", "specificity": "specificity"}
    return (
        {title: estimate_of(there, key) for title, key in keys.items()},
        {title: estimate_of(home, "test", key) for title, key in keys.items()},
    )


def _falls_text(lost: list[str], changes: Mapping[str, EstimateJson]) -> str:
    """Each metric that fell, with the amount: `specificity falls by 0.28`."""
    return joined(
        [f"{key} falls by {format_number(-(changes[key]['value'] or 0))}" for key in lost]
    )


def _limit(title: str) -> float:
    return LARGEST_AUROC_DROP if "AUROC" in title else LARGEST_DROP


def _moved(cohort: Finding) -> str:
    """How far the threshold would have to move there; empty without a negative class."""
    shift = cohort.get("threshold_shift") or {}
    return f" {shift['sentence']}" if shift.get("sentence") else ""


def change_of(
    new: EstimateJson, old: EstimateJson, limit: float = LARGEST_DROP
) -> Literal["fell", "held", "unknown"]:
    """Whether a metric fell, or held, from one set of films to another one.

    It fell if the 95 % interval of the difference lies below 0. It held if that interval lies above
    `-limit`. Between, or without an interval, the films cannot say.
    """
    ends = bounds_of(difference_of(new, old))
    if ends is None:
        return "unknown"
    if ends[1] < 0:
        return "fell"
    return "held" if ends[0] > -limit else "unknown"


def left_without_lungs(inputs: PageInputs) -> WeaknessCheck | None:
    """How much of the AUROC is left on films in which no lung is left.

    An AUROC below 0.5 counts as its mirror image: a wrong order tells the classes apart too.
    """
    home = estimate_of(inputs.robustness, "home", "auroc")
    controls = [
        one
        for one in inputs.robustness["controls"]
        if one["name"] in NO_LUNG_LEFT and estimate_of(one, "auroc")["value"] is not None
    ]
    if not controls or home["value"] is None or home["value"] <= CHANCE:
        return None
    most = max(controls, key=lambda one: abs(one["auroc"]["value"] - CHANCE))
    left = abs(most["auroc"]["value"] - CHANCE) / (home["value"] - CHANCE)
    listed = "; ".join(
        f"on {CONTROL_TITLES[one['name']]} (left: {one['what_is_left']}) "
        f"{interval_text(one['auroc'])}"
        for one in controls
    )
    detail = (
        f"AUROC {interval_text(home)} on whole films; {listed}. {format_number(CHANCE)} is chance. "
        f"{format_percent(left)} of its distance from chance is left."
    )
    number = short_text(most["auroc"])
    place = f"AUROC {number} on {CONTROL_TITLES[most['name']]}"
    ends = [bounds_of(one["auroc"]) for one in controls]
    if left >= LARGEST_SHARE_WITHOUT_LUNGS:
        title = f"Decides without the lungs: {place}"
        return WeaknessCheck("without_lungs", title, detail, number, is_weak=True)
    if any(both is not None and not both[0] <= CHANCE <= both[1] for both in ends):
        title = f"A part of its score does not come from the lungs: {place}"
        return WeaknessCheck("without_lungs", title, detail, number, is_weak=True)
    if None in ends:
        title = f"Too few patients to say what it does without the lungs: {place}"
        return WeaknessCheck("without_lungs", title, detail, number, is_weak=False)
    title = f"Guesses without the lungs: {place}"
    return WeaknessCheck("without_lungs", title, detail, number, is_weak=False)
