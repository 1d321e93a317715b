"""Rules on what the network does elsewhere: on new films, in other hospitals, without lungs."""

import math
from collections.abc import Sequence
from typing import Literal

from tasks.core.html.number_format import EstimateJson, count_of, format_number, format_percent
from tasks.core.statistics.intervals import CHANCE
from tasks.page.evaluation.evaluation_inputs import EvaluationInputs
from tasks.page.evaluation.statement import (
    Finding,
    Statement,
    bounds_of,
    estimate_of,
    interval_text,
    joined,
)
from tasks.page.weaknesses import CALIBRATION_LIMIT, SUBGROUP_GAP

CONTROL_TITLES = {
    "lungs_blanked": "films with the lungs blanked",
    "border_only": "the border of the films only",
    "patches_shuffled": "films cut into patches in a random order",
    "thumbnail": "thumbnails",
}
_NO_COHORT = (
    "No external cohort was asked for (evaluate.external in params.yaml), so nothing is known "
    "about films of another hospital."
)
LARGEST_DROP = SUBGROUP_GAP  # of sensitivity or specificity; our choice
LARGEST_AUROC_DROP = 0.05  # our choice
# Share of what the network has above chance that may be left without lungs; our choice. That a
# network reads other things than lungs: Maguolo and Nanni, Information Fusion 76:1-7, 2021;
# DeGrave, Janizek and Lee, Nature Machine Intelligence 3:610-619, 2021.
LARGEST_SHARE_WITHOUT_LUNGS = 0.5
_LIMITS = f"{LARGEST_DROP:.2f} (AUROC: {LARGEST_AUROC_DROP:.2f})"
_HELD = f"The intervals exclude a fall of {_LIMITS} or more."
_UNSURE = f"The intervals show no fall, and do not exclude one of {_LIMITS} or more."
NO_LUNG_LEFT = ("lungs_blanked", "border_only")  # controls in which no lung is left


def threshold_on_test(inputs: EvaluationInputs) -> Statement | None:
    """Whether sensitivity and specificity of the chosen threshold hold from validation to test."""
    validation, test = inputs.evaluation["validation"], inputs.evaluation["test"]
    if inputs.evaluation["negative_class"] is None:
        return None
    point = inputs.evaluation["operating_point"]
    both = ("sensitivity", "specificity")
    found = {name: change_of(test[name], validation[name]) for name in both}
    lost = [name for name in both if found[name] == "fell"]
    pairs = [
        f"{name} {interval_text(validation[name])} on validation and {interval_text(test[name])} "
        "on test"
        for name in both
    ]
    text = f"At the threshold {format_number(point['threshold'], 3)}: {'; '.join(pairs)}."
    if lost:
        title = f"The operating point does not hold on test: {joined(lost)} {_fall(lost)}"
        return Statement("bad", title, text)
    if set(found.values()) == {"held"}:
        return Statement("good", "The operating point holds on test", f"{text} {_HELD}")
    title = "Too few films to say that the operating point holds on test"
    return Statement("open", title, f"{text} {_UNSURE}")


def cohorts_abroad(inputs: EvaluationInputs) -> list[Statement]:
    """One statement for each external cohort; one that says so if there is none."""
    cohorts = inputs.external["cohorts"]
    if not cohorts:
        return [Statement("open", "Other hospitals: unknown", _NO_COHORT)]
    return [_abroad(cohort, inputs.evaluation) for cohort in cohorts]


def _abroad(cohort: Finding, home: Finding) -> Statement:
    name = cohort["name"]
    if cohort["status"] != "judged":
        return Statement("open", f"{name}: not judged", f"{cohort['gap']}")
    there, test = cohort["evaluation"], home["test"]
    shown, titles = ["auroc", "sensitivity", "specificity"], {"auroc": "AUROC"}
    if home["negative_class"] is None:
        there = there | {"auroc": estimate_of(there, "classes_view", "macro", "auroc")}
        test = {"auroc": estimate_of(home, "classes_view", "test", "macro", "auroc")}
        shown, titles = ["auroc"], {"auroc": "mean AUROC of the classes"}
    changes = {
        key: change_of(estimate_of(there, key), estimate_of(test, key), _limit(key))
        for key in shown
    }
    lost = [titles.get(key, key) for key in shown if changes[key] == "fell"]
    pairs = [
        f"{titles.get(key, key)} {interval_text(estimate_of(there, key))}, at home "
        f"{interval_text(estimate_of(test, key))}"
        for key in shown
    ]
    text = (
        f"On {count_of(there['n_images'], 'film')} of {name}, judged at the operating point that "
        f"was fixed at home: {'; '.join(pairs)}.{_moved(cohort)}"
    )
    if lost:
        return Statement("bad", f"It does not travel to {name}: {joined(lost)} {_fall(lost)}", text)
    undefined = [key for key in shown if estimate_of(there, key)["value"] is None]
    if undefined:
        return Statement("open", f"{name}: not all is computable", text)
    if set(changes.values()) == {"held"}:
        return Statement("good", f"It travels to {name}", f"{text} {_HELD}")
    return Statement(
        "open", f"{name}: too few films to say whether it travels", f"{text} {_UNSURE}"
    )


def _fall(names: Sequence[str]) -> str:
    return "falls" if len(names) == 1 else "fall"


def _limit(metric: str) -> float:
    return LARGEST_AUROC_DROP if metric == "auroc" else LARGEST_DROP


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

    Source:
        Zou and Donner, Statistics in Medicine 27:1693-1702, 2008 (difference of two independent
        estimates from their intervals).
    """
    ends, old_ends = bounds_of(new), bounds_of(old)
    if new["value"] is None or old["value"] is None or ends is None or old_ends is None:
        return "unknown"
    change = new["value"] - old["value"]
    if change + math.hypot(ends[1] - new["value"], old["value"] - old_ends[0]) < 0:
        return "fell"
    low = change - math.hypot(new["value"] - ends[0], old_ends[1] - old["value"])
    return "held" if low > -limit else "unknown"


def left_without_lungs(inputs: EvaluationInputs) -> Statement | None:
    """How much of the AUROC is left on films in which no lung is left.

    An AUROC below 0.5 counts as its mirror image: a wrong order tells the classes apart too.
    """
    home = estimate_of(inputs.robustness, "home", "auroc")["value"]
    controls = [
        one
        for one in inputs.robustness["controls"]
        if one["name"] in NO_LUNG_LEFT and estimate_of(one, "auroc")["value"] is not None
    ]
    if not controls or home is None or home <= CHANCE:
        return None
    left = max(abs(one["auroc"]["value"] - CHANCE) for one in controls) / (home - CHANCE)
    listed = "; ".join(
        f"on {CONTROL_TITLES[one['name']]} (left: {one['what_is_left']}) "
        f"{interval_text(one['auroc'])}"
        for one in controls
    )
    text = (
        f"AUROC {format_number(home)} on whole films; {listed}. {format_number(CHANCE)} is chance."
    )
    if left >= LARGEST_SHARE_WITHOUT_LUNGS:
        text += f" {format_percent(left)} of its distance from chance is left."
        return Statement("bad", "It reads a shortcut, not the lungs alone", text)
    ends = [bounds_of(one["auroc"]) for one in controls]
    if any(both is None or both[0] > CHANCE or both[1] < CHANCE for both in ends):
        return Statement("open", "A part of its score may not come from the lungs", text)
    return Statement("good", "It is not shown to use anything outside the lungs", text)


def calibration_at_home_and_abroad(inputs: EvaluationInputs) -> Statement | None:
    """Whether a probability means what it says. Limit: 0.05 on average (our choice)."""
    places = [
        ("the home test films", estimate_of(inputs.evaluation, "calibration", "after", "ece"))
    ]
    places += [
        (cohort["name"], estimate_of(cohort, "calibration", "after", "ece"))
        for cohort in inputs.external["cohorts"]
        if cohort["status"] == "judged"
    ]
    known = [(place, error) for place, error in places if error["value"] is not None]
    if not known:
        return None
    listed = "; ".join(f"on {place} {interval_text(error, 3)}" for place, error in known)
    text = f"Probabilities and observed shares differ on average by: {listed}."
    wrong = [place for place, error in known if _is_beyond(error, "low")]
    if wrong:
        return Statement("bad", f"Do not believe its probabilities on {joined(wrong)}", text)
    doubtful = [place for place, error in known if _is_beyond(error, "value")]
    if doubtful:
        return Statement("open", f"Its probabilities may be off on {joined(doubtful)}", text)
    return Statement("good", "Its probabilities mean what they say", text)


def _is_beyond(error: EstimateJson, end: str) -> bool:
    """Whether an end of the interval is above the limit; the value where there is no interval."""
    number = error["value"] if error[end] is None else error[end]
    return number is not None and number > CALIBRATION_LIMIT
