"""The page `simulation.html`."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.core.html.templating import render_template
from tasks.screen.simulate.clinic_options import OPTIONS
from tasks.screen.simulate.reading_order import ARRIVAL, ORDERS, PERFECT, WORKLIST
from tasks.screen.simulate.simulation_text import ASSUMPTIONS, findings_text, simulation_headline
from tasks.screen.simulate.sweeps import SWEPT_KINDS
from tasks.screen.simulate.wait_drawing import DrawnAxes, DrawnLine, draw_lines
from tasks.screen.simulate.waits import FILM_KINDS, FINDING, HOURS, NO_FINDING

TEMPLATES = Path(__file__).parent / "templates"
_HEAD = ("Median, h", "Mean, h", "90th percentile, h", *(f"Read in {h} h" for h in HOURS))
_METRICS = ("median", "mean", "p90", *(f"within_{h}h" for h in HOURS))
_CURVE_NAMES = {
    (ARRIVAL, FINDING): "first come, first served: with the finding",
    (WORKLIST, FINDING): "worklist: with the finding",
    (WORKLIST, NO_FINDING): "worklist: without it",
    (PERFECT, FINDING): "perfect order: with the finding",
}
Table = dict[str, Any]  # head, rows: see `value_table` in parts.html.j2


def render_simulation(result: Mapping[str, Any], given: Mapping[str, str | None]) -> str:
    """The page of a simulation.

    Args:
        result: Of `simulate_clinic`.
        given: Text of each option of the command line, as typed or by default.
    """
    context = {
        "result": result,
        "headline": simulation_headline(result),
        "sentences": list(findings_text(result)),
        "assumptions": ASSUMPTIONS,
        "changes": _changes_table(result),
        "kinds": [(FILM_KINDS[kind], _order_table(result, kind)) for kind in FILM_KINDS],
        "options": list(_option_rows(given)),
        "command": _command(given),
        "cumulative": _cumulative_drawing(result),
        "cumulative_data": _cumulative_table(result),
        "sweeps": [
            _sweep(result["by_absence"], "absent_hours", "Hours without a radiologist"),
            _sweep(result["by_prevalence"], "prevalence", "Share of films with the finding"),
        ],
    }
    return render_template(TEMPLATES, "simulation.html.j2", context)


def _changes_table(result: Mapping[str, Any]) -> Table:
    """Mean wait of each kind first come, first served, with the worklist, and the change."""
    rows = []
    for kind, words in FILM_KINDS.items():
        mean = {order: result["orders"][order][kind]["mean"] for order in (ARRIVAL, WORKLIST)}
        change = result["changes"][WORKLIST][kind]["mean"]
        rows.append([words, round(result["n_films"][kind]), *mean.values(), change])
    head = ["Films", "Number in an absence", "First come, first served", "Worklist", "Change"]
    return {"head": head, "rows": rows}


def _order_table(result: Mapping[str, Any], kind: str) -> Table:
    rows = [
        [words, *(result["orders"][order][kind][metric] for metric in _METRICS)]
        for order, words in ORDERS.items()
    ]
    return {"head": ["Order of reading", *_HEAD], "rows": rows}


def _option_rows(given: Mapping[str, str | None]) -> Iterator[tuple[str, str, str, str]]:
    """Name, value, meaning, and where the value comes from."""
    for name, option in OPTIONS.items():
        source = option.source if given[name] == option.default else "given on the command line"
        yield f"--{name}", given[name] or "not set", option.meaning, source


def _command(given: Mapping[str, str | None]) -> str:
    """The line that makes the page again; options at their default are left out."""
    defaults = {name: option.default for name, option in OPTIONS.items()}
    parts = [
        f"--{name} {text}"
        for name, text in given.items()
        if text is not None and text != defaults.get(name)
    ]
    return " ".join(["python -m tasks.screen.simulate", *parts])


def _cumulative_drawing(result: Mapping[str, Any]) -> str:
    curves = result["cumulative"]
    hours = curves["hours"]
    lines = [
        DrawnLine(_curve_name(line), list(zip(hours, line["shares"], strict=True)))
        for line in curves["lines"]
    ]
    axes = DrawnAxes(
        "Hours since the film was taken", "Reading has begun",
        (0.0, hours[-1]), (0.0, 1.0), y_percent=True,
    )  # fmt: skip
    return draw_lines("Share of films whose reading has begun, by hours waited", axes, lines)


def _curve_name(line: Mapping[str, Any]) -> str:
    return _CURVE_NAMES[line["order"], line["kind"]]


def _cumulative_table(result: Mapping[str, Any]) -> Table:
    lines = result["cumulative"]["lines"]
    rows = [
        [f"{hours:.1f}", *(line["shares"][k] for line in lines)]
        for k, hours in enumerate(result["cumulative"]["hours"])
    ]
    return {"head": ["Hours", *map(_curve_name, lines)], "rows": rows}


def _sweep(rows: Sequence[Mapping[str, Any]], key: str, title: str) -> dict[str, Any]:
    """Drawing and table of the change of the mean wait of each kind, by one setting."""
    is_share = key == "prevalence"
    lines = [line for line in (_sweep_line(rows, key, kind) for kind in SWEPT_KINDS) if line.points]
    heights = [y for line in lines for _, y in line.points]
    heights += [end for line in lines for ends in line.ranges if ends for end in ends]
    low, high = min([*heights, -0.5]), max([*heights, 0.5])
    axes = DrawnAxes(
        title, "Change of the mean wait, hours", (0.0, max(row[key] for row in rows) * 1.04),
        (low - (high - low) / 20, high + (high - low) / 20), x_percent=is_share,
    )  # fmt: skip
    label = f"Change of the mean wait by the worklist, by {title.lower()}"
    cells = [
        [f"{100 * row[key]:g} %" if is_share else f"{row[key]:g}",
         *(row[kind]["change"] for kind in SWEPT_KINDS)]
        for row in rows
    ]  # fmt: skip
    table = {
        "head": [title, *(f"Change, {FILM_KINDS[kind]}" for kind in SWEPT_KINDS)],
        "rows": cells,
    }
    return {"drawing": draw_lines(label, axes, lines), "title": title, "data": table}


def _sweep_line(rows: Sequence[Mapping[str, Any]], key: str, kind: str) -> DrawnLine:
    known = [(row[key], row[kind]["change"]) for row in rows]
    known = [(x, change) for x, change in known if change["value"] is not None]
    ranges = [None if one["low"] is None else (one["low"], one["high"]) for _, one in known]
    return DrawnLine(FILM_KINDS[kind], [(x, change["value"]) for x, change in known], ranges)
