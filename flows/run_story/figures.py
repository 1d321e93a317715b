"""Metrics of a run, against the last commit and against the network in use."""

import json
from pathlib import Path
from typing import Any

from flows.committed import committed_text
from tasks.core import paths

SHOWN_MEASURES = ("auroc", "sensitivity", "specificity")


def metric_rows(root: Path) -> list[dict[str, str]]:
    """Return one row per model and measure of the test films: now, in the last commit, change."""
    rows = []
    for path in sorted(root.glob(paths.metrics("*").as_posix())):
        name = path.relative_to(root)
        now, committed = _read(path.read_text(encoding="utf-8")), _read(committed_text(root, name))
        for measure in SHOWN_MEASURES:
            new, old = _value(now, measure), _value(committed, measure)
            row = {"model": name.parent.name, "measure": measure}
            rows.append(row | {"this run": _text(new), "last commit": _text(old)})
            change = "" if new is None or old is None else f"{new - old:+.3f}"
            rows[-1]["change"] = change
    return rows


def gate_lines(gate: Path) -> list[str]:
    """Return the decision of the gate and its reasons, as Markdown; empty without a decision."""
    try:
        found = _read(gate.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    if "decision" not in found:
        return []
    lines = [f"**Gate: {found['decision']}.** {found.get('headline', '')}".rstrip()]
    return lines + [f"- {reason}" for reason in found.get("reasons", [])]


def gate_rows(gate: Path) -> list[dict[str, str]]:
    """Return the gate's paired measures of champion and challenger."""
    try:
        found = _read(gate.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [
        {
            "measure": f"{row['name']}, {row['films']}",
            "champion": _text(row.get("champion")),
            "challenger": _text(row.get("challenger")),
            "difference (95 %)": _difference(row),
        }
        for row in found.get("rows", [])
    ]


def _difference(row: dict[str, Any]) -> str:
    if row.get("difference") is None:
        return ""
    interval = row.get("interval")
    around = f" ({interval[0]:+.3f} to {interval[1]:+.3f})" if interval else ""
    return f"{row['difference']:+.3f}{around}"


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _value(metrics: dict[str, Any], measure: str) -> float | None:
    found = metrics.get("test", {}).get(measure, {}).get("value")
    return None if found is None else float(found)


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
