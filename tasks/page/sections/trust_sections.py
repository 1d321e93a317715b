"""Sections on calibration, abstention, novelty and subgroups."""

from collections.abc import Sequence

from tasks.core.html.number_format import format_interval, format_number, format_percent
from tasks.page.figure_text import (
    NOT_COMPUTABLE,
    Finding,
    estimate_of,
    interval_text,
    is_clearly_below,
)
from tasks.page.page_inputs import PageInputs
from tasks.page.sections.curve_plots import plot_reliability, plot_risk_coverage
from tasks.page.sections.page_section import (
    Cell,
    DataTable,
    PageSection,
    Plot,
    PlotData,
    metric_row,
    missing_section,
    p_cell,
)
from tasks.page.sections.score_section import raw_score_plot

_BIN_HEAD = ("Mean probability, calibrated", "Observed share", "Films")
_COVERAGE_HEAD = ("Class", "Films", "Share", "Expected by chance if the promise is kept")
METHOD_TITLES = {
    "none": "none",
    "temperature": "temperature",
    "platt": "Platt",
    "isotonic": "isotonic",
}


def calibration_section(inputs: PageInputs) -> PageSection:
    """Calibration before and after, and how it was chosen."""
    found = inputs.evaluation["calibration"]
    method = METHOD_TITLES.get(found["method"], found["method"])
    metrics = ("ece", "log_loss", "brier")
    head = ("Test films", "Calibration error", "Log loss", "Brier score")
    before = metric_row("not calibrated", found.get("before"), metrics)
    after = metric_row(f"calibrated ({method})", found.get("after"), metrics)
    tables = [DataTable("Before and after calibration", head, (before, after)), _candidates(found)]
    reliability = found.get("reliability")
    plots = [] if not reliability else [_reliability_plot(found)]
    raw = raw_score_plot(inputs) if found.get("is_at_edge") else None
    return PageSection(
        "calibration",
        "Calibration",
        (
            f"Method: {method}, fitted on the {found['fitted_on']} films and chosen by "
            f"{found.get('chosen_by', NOT_COMPUTABLE)}.",
            *_calibration_result(found),
            *_temperature_text(found),
        ),
        tables=tables,
        plots=plots if raw is None else [*plots, raw],
    )


def _calibration_result(found: Finding) -> list[str]:
    """Whether calibration helped or harmed on test, said only where the intervals are apart."""
    before, after = estimate_of(found, "before", "ece"), estimate_of(found, "after", "ece")
    if is_clearly_below(before, after):
        return ["On the test films it made the calibration error larger: it harmed there."]
    if is_clearly_below(after, before):
        return ["On the test films it made the calibration error smaller."]
    return ["On the test films it is not shown to change the calibration error."]


def _temperature_text(found: Finding) -> list[str]:
    """What the temperature did to the probabilities, and whether its search ended at an edge."""
    if found["method"] != "temperature":
        return []
    number = format_number(found["temperature"])
    what = "too sure; its probabilities were flattened"
    if found["temperature"] <= 1:
        what = "not sure enough; its probabilities were spread"
    sentences = [f"Temperature {number}: the network was {what} (1 would leave them unchanged)."]
    if found.get("is_at_edge"):
        low, high = (format_number(end) for end in found["temperature_limits"])
        sentences.append(
            f"The temperature stopped at the edge of its search ({low} to {high}): no temperature "
            "fits these films. Do not read the calibrated probabilities; see the raw scores."
        )
    return sentences


def _candidates(found: Finding) -> DataTable:
    rows = [
        [METHOD_TITLES.get(one["method"], one["method"]), one["log_loss"]]
        for one in found.get("candidates") or ()
    ]
    return DataTable("Methods that were tried", ("Method", "Log loss on validation"), rows)


def _reliability_plot(found: Finding) -> Plot:
    what = "have a finding" if found.get("event") == "finding" else "are called right"
    return Plot(
        plot_reliability(found["reliability"]),
        "Reliability diagram.",
        f"On the dashed line, 80 % of the films with probability 0.8 {what}. Vertical "
        "lines: 95 % intervals.",
        PlotData(_BIN_HEAD, [_bin_row(one) for one in found["reliability"]["after"]]),
    )


def _bin_row(one: Finding) -> list[Cell]:
    observed = {"value": one["frequency"], "low": one["low"], "high": one["high"]}
    return [format_number(one["mean_probability"], 3), observed, one["n_images"]]


def abstention_section(inputs: PageInputs) -> PageSection:
    """Sets of classes, films that are referred, risk by coverage."""
    found = inputs.evaluation.get("abstention")
    title = "Films that it leaves to a radiologist"
    if not found:
        return missing_section("abstention", title, "Sets of classes were not computed.")
    points = found["risk_coverage"]
    return PageSection(
        "abstention",
        title,
        (
            f"For each film it names a set of classes that holds the true one with a promised "
            f"chance of {format_percent(found['coverage'])}, for each class. A film whose set "
            "does not hold exactly one class is referred.",
            *_referred_text(found),
        ),
        tables=_abstention_tables(found, inputs.evaluation["test"]["n_images"]),
        plots=(_risk_plot(points),) if points else (),
    )


def _referred_text(found: Finding) -> list[str]:
    referred = estimate_of(found, "referred")
    if referred["value"] is None:
        return []
    return [
        f"It refers a share of {interval_text(referred)} of the test films: those that it refuses, "
        "flags as foreign, or cannot tell one class of. Do not use its call on these. Of the films "
        f"that it keeps, {interval_text(estimate_of(found, 'accuracy_of_kept'))} are called right."
    ]


def _risk_plot(points: Sequence[Finding]) -> Plot:
    rows = [[format_percent(one["coverage"]), one["risk"]] for one in points]
    return Plot(
        plot_risk_coverage(points),
        "Risk and coverage.",
        "The surest films are kept first. Right end: every film is judged.",
        PlotData(("Films kept", "Wrong calls among them"), rows),
    )


def _abstention_tables(found: Finding, n_films: int) -> list[DataTable]:
    rows = [_coverage_row(row) for row in found["per_class"]]
    rows.append(["all test films", n_films, estimate_of(found, "overall"), ""])
    sizes = [
        ["1 class" if size == "1" else f"{size} classes", n]
        for size, n in found["set_sizes"].items()
    ]
    whole: list[list[Cell]] = [
        ["referred to a radiologist", estimate_of(found, "referred")],
        ["right calls among those kept", estimate_of(found, "accuracy_of_kept")],
    ]
    return [
        DataTable("Films whose set holds the true class", _COVERAGE_HEAD, rows),
        DataTable("Size of the sets", ("Set", "Test films"), sizes),
        DataTable("Films kept and referred", ("Test films", "Share"), whole),
    ]


def _coverage_row(row: Finding) -> list[Cell]:
    """A class that is in every set, because validation had too few of its films, is marked."""
    name = f"{row['name']} (in every set)" if row.get("is_always_held") else row["name"]
    expected = format_interval(estimate_of(row, "expected")) or NOT_COMPUTABLE
    return [name, row["n_images"], estimate_of(row, "coverage"), expected]


def novelty_section(inputs: PageInputs) -> PageSection:
    """Films unlike the training films, and whether foreign films are flagged."""
    found = (inputs.evaluation.get("abstention") or {}).get("novelty")
    title = "Films unlike the training films"
    if not found:
        return missing_section("novelty", title, "The novelty score was not computed.")
    n_films = inputs.evaluation["test"]["n_images"]
    rows: list[list[Cell]] = [["home test films", n_films, estimate_of(found, "flagged"), ""]]
    rows += [
        [probe["name"], probe["n_images"], *metric_row("", probe, ("flagged", "auroc"))[1:]]
        for probe in found["probes"]
    ]
    head = ("Films", "Number", "Flagged", "AUROC against the test films")
    sentence = (
        f"A film is flagged if its novelty score is above {format_number(found['threshold'], 3)}. "
        "The threshold was fixed on the validation films. The probes are films that it must flag."
    )
    return PageSection(
        "novelty", title, (sentence,), tables=(DataTable("Flagged films", head, rows),)
    )


def subgroup_section(inputs: PageInputs) -> PageSection:
    """Subgroups, worst first."""
    rows = [_group_row(group) for group in inputs.evaluation["subgroups"]]
    head = (
        "Group",
        "Attribute",
        "Films",
        "Patients",
        "Metric",
        "Value",
        "Difference to the rest",
        "p",
        "p, corrected",
    )
    return PageSection(
        "subgroups",
        "Subgroups, worst first",
        (
            "Test films. The corrected p value takes into account how many groups were looked at. "
            "A small group is marked: its numbers say little.",
        ),
        tables=(DataTable("Subgroups", head, rows),),
    )


def _group_row(group: Finding) -> list[Cell]:
    metrics = [name for name in ("sensitivity", "specificity", "recall") if name in group]
    metric = metrics[0] if metrics else ""
    name = f"{group['name']} (small)" if group.get("is_small") else group["name"]
    return [
        name,
        (group.get("attribute") or "").replace("_", " "),
        group["n_images"],
        group["n_patients"],
        metric,
        estimate_of(group, metric),
        estimate_of(group, "difference"),
        p_cell(group.get("p")),
        p_cell(group.get("p_corrected")),
    ]
