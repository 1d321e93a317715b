"""Rules on which films the network must not judge, on groups of patients, and on the labels."""

from tasks.core.html.number_format import (
    EstimateJson,
    count_of,
    format_interval,
    format_number,
    format_percent,
)
from tasks.page.figure_text import Finding, estimate_of, figure, interval_text, joined, short_text
from tasks.page.page_inputs import PageInputs
from tasks.page.weakness_rules.weakness_check import WeaknessCheck

SEEN_PROBE = 0.5  # share of foreign films that the novelty score must flag; our choice
# Of a corrected p value. Source: Holm, Scand. J. Stat. 6:65-70, 1979; 0.05 is the usual level
SIGNIFICANT = 0.05
SUBGROUP_GAP = 0.10  # below the value of all films; our choice
MOST_NAMED = 3  # subgroups in a sentence; the section has all
_METRICS = ("sensitivity", "specificity", "recall")


def promised_coverage(inputs: PageInputs) -> WeaknessCheck | None:
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
    promise = format_percent(found["coverage"])
    detail = (
        f"{promise} were promised for each class. Share of the films whose set holds the true "
        f"class, and the range of chance around the promise: {listed}."
    )
    place, lowest = min(rows, key=lambda one: float(one[1]["coverage"]["value"]))
    number = short_text(lowest["coverage"])
    at = f"{lowest['name']} on {place} {number}, promised {promise}"
    if missed:
        title = f"Its sets of classes miss their promise: {at}"
        return WeaknessCheck("promised_coverage", title, detail, number, is_weak=True)
    title = f"Its sets of classes are within chance of their promise: {at}"
    return WeaknessCheck("promised_coverage", title, detail, number, is_weak=False)


def _is_checked(row: Finding) -> bool:
    value, low = estimate_of(row, "coverage")["value"], estimate_of(row, "expected")["low"]
    return value is not None and low is not None


def _is_missed(row: Finding) -> bool:
    return bool(row["coverage"]["value"] < row["expected"]["low"])


def foreign_films(inputs: PageInputs) -> WeaknessCheck | None:
    """Kinds of foreign films that the novelty score lets pass. Limit: half of them flagged."""
    novelty = (inputs.evaluation.get("abstention") or {}).get("novelty")
    if not novelty:
        return None
    probes = {
        probe["name"]: estimate_of(probe, "flagged")
        for probe in novelty["probes"]
        if estimate_of(probe, "flagged")["value"] is not None
    }
    passed = [name for name, flagged in probes.items() if float(flagged["value"] or 0) < SEEN_PROBE]
    listed = "; ".join(f"{name} {interval_text(flagged)}" for name, flagged in probes.items())
    detail = (
        f"Share that is flagged as unlike the training films: {listed or 'no probe was made'}. Of "
        f"the test films: {interval_text(estimate_of(novelty, 'flagged'))}"
        f"{_flagged_abroad(inputs)}."
    )
    number = f"{len(passed)} of {len(probes)}"
    if passed:
        detail += " What is not flagged is judged like a chest film. Keep such films away from it."
        title = f"Does not notice {number} kinds of foreign films: {_named(passed)}"
        return WeaknessCheck("foreign_films", title, detail, number, is_weak=True)
    title = "Notices films that are no upright chest films"
    return WeaknessCheck("foreign_films", title, detail, number, is_weak=False)


def _named(names: list[str]) -> str:
    """The first names; the others are counted."""
    rest = len(names) - MOST_NAMED
    return joined(names) if rest <= 0 else f"{', '.join(names[:MOST_NAMED])} and {rest} more"


def _flagged_abroad(inputs: PageInputs) -> str:
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


def worst_subgroup(inputs: PageInputs) -> WeaknessCheck | None:
    """Groups of the test films that do worse than the others.

    A group is worse if the corrected p value of its difference to the rest says so. It is low if
    its value lies 0.10 or more below that of all films, or its interval lies below that value: a
    wide interval of a few films must not hide a large difference. Both are weaknesses.
    """
    groups = [
        one
        for one in inputs.evaluation["subgroups"]
        if one["split"] == "test" and _value_of(one)["value"] is not None
    ]
    if not groups:
        return None
    worse = [one for one in groups if _is_significant(one)]
    low = [one for one in groups if _is_low(one, inputs.evaluation["test"])]
    shown = worse or low or [min(groups, key=_difference)]
    n_tested = sum(one.get("p") is not None for one in groups)
    detail = (
        f"{'; '.join(_group_text(one) for one in shown[:MOST_NAMED])}. "
        f"{count_of(n_tested, 'group')} compared with the rest, p corrected for their number."
    )
    worst = min(shown, key=_difference)
    number = f"{_metric_of(worst)} {short_text(_value_of(worst))}"
    of_all = f"{len(shown)} of {count_of(len(groups), 'group')}"
    if worse:
        title = f"Worse in {of_all}, most in {worst['name']}: {number}"
    elif low:
        title = f"Low in {of_all}, perhaps by chance, most in {worst['name']}: {number}"
    else:
        title = f"No group is shown to be worse; lowest: {worst['name']}, {number}"
    return WeaknessCheck("subgroups", title, detail, number, bool(worse or low))


def _metric_of(group: Finding) -> str:
    known = (name for name in _METRICS if estimate_of(group, name)["value"] is not None)
    return next(known, _METRICS[0])


def _value_of(group: Finding) -> EstimateJson:
    return estimate_of(group, _metric_of(group))


def _difference(group: Finding) -> float:
    return estimate_of(group, "difference")["value"] or 0.0


def _group_text(group: Finding) -> str:
    small = " (a small group)" if group.get("is_small") else ""
    difference = estimate_of(group, "difference")
    rest = "" if difference["value"] is None else f", less the rest: {interval_text(difference)}"
    return (
        f"{group['name']}: {figure(_metric_of(group), _value_of(group))} on "
        f"{count_of(group['n_images'], 'film')} of {count_of(group['n_patients'], 'patient')}"
        f"{small}{rest}"
    )


def _is_significant(group: Finding) -> bool:
    corrected = group.get("p_corrected")
    return corrected is not None and _difference(group) < 0 and bool(corrected < SIGNIFICANT)


def _is_low(group: Finding, test: Finding) -> bool:
    """Whether a group lies below all films; a recall has no value of all films."""
    value, whole = _value_of(group), estimate_of(test, _metric_of(group))["value"]
    if whole is None or value["value"] is None or value["value"] >= whole:
        return False  # the interval of a share of 1 may end a little below 1
    return value["value"] <= whole - SUBGROUP_GAP or (
        value["high"] is not None and value["high"] < whole
    )


def label_errors(inputs: PageInputs) -> WeaknessCheck:
    """How many labels are worth a second look; wrong ones bound what any metric can mean."""
    found = inputs.labels
    if found["gap"]:
        title = "The labels were not audited"
        return WeaknessCheck("labels", title, f"{found['gap']}.", "not audited", is_weak=True)
    share = found["n_issues"] / found["n_images"] if found["n_images"] else 0.0
    number = f"{found['n_issues']} of {found['n_images']}"
    detail = (
        f"A simple model, fitted to other patients, is as sure of another class on {number} films "
        f"of all splits ({format_number(share)}) as it usually is of the label. Many of these "
        "labels are right; only a reader of films can tell. No number here can be truer than the "
        "labels."
    )
    title = f"{count_of(found['n_issues'], 'label')} worth a second look"
    return WeaknessCheck("labels", title, detail, number, is_weak=False)
