"""Rules on the probabilities: whether calibration found its temperature, and whether they hold."""

from tasks.core.html.number_format import EstimateJson, format_number
from tasks.page.figure_text import estimate_of, figure, interval_text, joined, short_text
from tasks.page.page_inputs import PageInputs
from tasks.page.weakness_rules.weakness_check import WeaknessCheck

CALIBRATION_LIMIT = 0.05  # mean difference of predicted and observed frequency; our choice


def calibration_edge(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether the fitted temperature stands at an end of the range that was searched.

    There, the best temperature lies beyond, or does not exist: the logits say next to nothing, or
    separate the validation films without an error.
    """
    found = inputs.evaluation["calibration"]
    limits = found.get("temperature_limits")
    if found["method"] != "temperature" or limits is None:
        return None
    low, high = (format_number(end) for end in limits)
    number = format_number(found["temperature"])
    raw = figure("Calibration error before", estimate_of(found, "before", "ece"), 3)
    detail = f"The temperature is {number}; {low} to {high} were searched. {raw}."
    if not found["is_at_edge"]:
        title = f"Calibration found a temperature inside its range: {number}"
        return WeaknessCheck("calibration_edge", title, detail, number, is_weak=False)
    is_flat = found["temperature"] > 1
    why = (
        "The scores hardly tell the validation films apart, so the fit draws every probability to "
        "the middle."
        if is_flat
        else "The scores separate the validation films without an error, so the fit drives every "
        "probability to 0 or 1."
    )
    title = f"Calibration stopped at the edge of its search: temperature {number}"
    detail += f" {why} Do not read the calibrated probabilities; the raw scores are shown as well."
    return WeaknessCheck("calibration_edge", title, detail, number, is_weak=True)


def probability_error(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether a probability means what it says, at home and abroad. Limit: 0.05 on average."""
    known = _errors(inputs)
    if not known:
        return None
    listed = "; ".join(f"on {place} {interval_text(error, 3)}" for place, error in known.items())
    detail = f"Probabilities and observed shares differ on average by: {listed}."
    worst = max(known, key=lambda place: float(known[place]["value"] or 0))
    number = short_text(known[worst])
    beyond = {place: error for place, error in known.items() if _is_beyond(error, "value")}
    sure = [place for place, error in beyond.items() if _is_beyond(error, "low")]
    if sure:
        title = f"Its probabilities are off on {joined(sure)}: by {number}"
    elif beyond:
        title = f"Its probabilities may be off on {joined(list(beyond))}: by {number}"
    else:
        title = f"Its probabilities are off by {number} only"
    return WeaknessCheck("calibration_error", title, detail, number, bool(beyond))


def _errors(inputs: PageInputs) -> dict[str, EstimateJson]:
    """Expected calibration error by place, where it is computable."""
    places = {"the home test films": estimate_of(inputs.evaluation, "calibration", "after", "ece")}
    places |= {
        cohort["name"]: estimate_of(cohort, "calibration", "after", "ece")
        for cohort in inputs.external["cohorts"]
        if cohort["status"] == "judged"
    }
    return {place: error for place, error in places.items() if error["value"] is not None}


def _is_beyond(error: EstimateJson, end: str) -> bool:
    """Whether an end of the interval is above the limit; the value where there is no interval."""
    number = error["value"] if error[end] is None else error[end]
    return number is not None and number > CALIBRATION_LIMIT
