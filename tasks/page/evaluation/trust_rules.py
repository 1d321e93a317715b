"""Rules on which films the network must not judge, and how far its numbers can be trusted."""

from tasks.core.html.number_format import count_of, format_interval, format_percent
from tasks.page.evaluation.evaluation_inputs import EvaluationInputs
from tasks.page.evaluation.statement import (
    Finding,
    Statement,
    estimate_of,
    figure,
    interval_text,
    joined,
)
from tasks.page.weaknesses import SIGNIFICANT

SEEN_PROBE = 0.5  # share of foreign films that the novelty score must flag; our choice


def promised_coverage(inputs: EvaluationInputs) -> Statement | None:
    """Whether the sets of classes hold the true class as often as promised, for each class.

    The limit of a class is the lower end of what may be observed if the promise is kept: few
    validation films chose its sets, and few new films check them (`ConformalSets.expected_range`).
    """
    found = inputs.evaluation.get("abstention")
    if not found:
        return None
    places = [("test", found)] + [
        (cohort["name"], cohort["abstention"])
        for cohort in inputs.external["cohorts"]
        if cohort["status"] == "judged" and cohort.get("abstention")
    ]
    rows = [(place, row) for place, one in places for row in one["per_class"] if _is_checked(row)]
    if not rows:
        return None
    missed = [(place, row) for place, row in rows if _is_missed(row)]
    listed = "; ".join(
        f"{row['name']} on {place} {interval_text(row['coverage'])}, expected "
        f"{format_interval(row['expected'])}"
        for place, row in missed or rows
    )
    text = (
        f"{format_percent(found['coverage'])} were promised for each class. Share of the films "
        f"whose set holds the true class, and the range of chance around the promise: {listed}."
    )
    if missed:
        return Statement("bad", "Its sets of classes miss their promise", text)
    return Statement("good", "Its sets of classes are within chance of their promise", text)


def _is_checked(row: Finding) -> bool:
    value, low = estimate_of(row, "coverage")["value"], estimate_of(row, "expected")["low"]
    return value is not None and low is not None


def _is_missed(row: Finding) -> bool:
    return bool(row["coverage"]["value"] < row["expected"]["low"])


def foreign_films(inputs: EvaluationInputs) -> Statement | None:
    """Kinds of foreign films that the novelty score lets pass. Limit: half of them flagged."""
    found = inputs.evaluation.get("abstention") or {}
    novelty = found.get("novelty")
    if not novelty:
        return None
    probes = [
        (probe["name"], estimate_of(probe, "flagged"))
        for probe in novelty["probes"]
        if estimate_of(probe, "flagged")["value"] is not None
    ]
    passed = [name for name, flagged in probes if float(flagged["value"] or 0) < SEEN_PROBE]
    listed = "; ".join(f"{name} {interval_text(flagged)}" for name, flagged in probes)
    text = (
        f"Share that is flagged as unlike the training films: {listed or 'no probe was made'}. Of "
        f"the test films: {interval_text(estimate_of(novelty, 'flagged'))}"
        f"{_flagged_abroad(inputs)}."
    )
    if passed:
        text += " What is not flagged is judged like a chest film. Keep such films away from it."
        return Statement("bad", f"It does not notice {joined(passed)}", text)
    return Statement("good", "It notices films that are no upright chest films", text)


def _flagged_abroad(inputs: EvaluationInputs) -> str:
    """Share of the films of each cohort that is flagged."""
    flagged = [
        (cohort["name"], estimate_of(cohort, "abstention", "novelty", "flagged"))
        for cohort in inputs.external["cohorts"]
    ]
    return "".join(
        f"; of {name}: {interval_text(share)}"
        for name, share in flagged
        if share["value"] is not None
    )


def refused_films(inputs: EvaluationInputs) -> Statement | None:
    """Test films that it refuses or refers to a radiologist."""
    found = inputs.evaluation.get("abstention") or {}
    referred = estimate_of(found, "referred")
    if referred["value"] is None:
        return None
    return Statement(
        "open",
        "What it leaves to a radiologist",
        f"It refers a share of {interval_text(referred)} of the test films: those that it refuses, "
        "flags as foreign, or cannot tell one class of. Do not use its call on these. Of the films "
        f"that it keeps, {interval_text(estimate_of(found, 'accuracy_of_kept'))} are called right.",
    )


def worst_subgroup(inputs: EvaluationInputs) -> Statement | None:
    """Groups that differ from the rest after the correction; else the worst group."""
    groups = [one for one in inputs.evaluation["subgroups"] if _figures(one)]
    if not groups:
        return None
    weak = [one for one in groups if _is_significant(one)]
    shown = weak or groups[:1]
    text = "; ".join(_group_text(one) for one in shown)
    n_tested = sum(one.get("p") is not None for one in groups)
    looked = f"{count_of(n_tested, 'group')} compared with the rest, p corrected for their number."
    if weak:
        title = f"Worse for {joined([_name(one) for one in weak])}"
        return Statement("bad", title, f"{text}. {looked}")
    return Statement("open", "No group is shown to be worse", f"The lowest is {text}. {looked}")


def _group_text(group: Finding) -> str:
    small = " (a small group)" if group.get("is_small") else ""
    n_patients = count_of(group["n_patients"], "patient")
    return (
        f"{_name(group)}: {' and '.join(_figures(group))} on "
        f"{count_of(group['n_images'], 'film')} of {n_patients}{small}"
    )


def _name(group: Finding) -> str:
    return str(group["name"])


def _figures(group: Finding) -> list[str]:
    return [
        figure(metric, group[metric])
        for metric in ("sensitivity", "specificity", "recall")
        if estimate_of(group, metric)["value"] is not None
    ]


def _is_significant(group: Finding) -> bool:
    difference = estimate_of(group, "difference")["value"]
    corrected = group.get("p_corrected")
    if difference is None or corrected is None:
        return False
    return difference < 0 and bool(corrected < SIGNIFICANT)


def label_errors(inputs: EvaluationInputs) -> Statement | None:
    """How many labels are worth a second look; wrong ones bound what any metric can mean."""
    found = inputs.labels
    if found["gap"]:
        return Statement("open", "The labels were not audited", f"{found['gap']}.")
    return Statement(
        "open",
        "Labels worth a second look",
        f"A simple model, fitted to other patients, is as sure of another class on "
        f"{found['n_issues']} of {count_of(found['n_images'], 'film')} of all splits as it usually "
        "is of the label. Many of these labels are right; only a reader of films can tell. The "
        "page of the labels shows the first of them. No number here can be truer than the labels.",
    )


def readings_of_test(inputs: EvaluationInputs) -> Statement:
    """How often the test films have been read.

    Source:
        Dwork et al., Science 349:636-638, 2015: each look at the test films makes the next number
        less trustworthy.
    """
    here, total = inputs.n_readings.get(inputs.model, 0), sum(inputs.n_readings.values())
    text = (
        f"The ledger counts {count_of(here, 'different reading')} of the test films with this "
        f"network, {total} with all: the evaluation, the disturbed films, the wrong calls and the "
        "comparison are one each. Each look at them may steer a choice, so the intervals on this "
        "page hold strictly for the first look only."
    )
    return Statement("open", f"The test films have been read {_times(total)}", text)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
