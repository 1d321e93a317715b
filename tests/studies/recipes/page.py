"""The page of the recipes: text, and tables from the record."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.studies.recipes.page_text import EARLIER_TEXT, PAGE_TEXT
from tests.studies.recipes.rank_correlation import rank_correlation
from tests.studies.recipes.rule import mean_ranks

HEADS = {
    "ordinary": "ordinary",
    "degraded": "degraded",
    "degraded_worst": "worst",
    "softened": "normals softened",
    "adapted": "adapted",
    "held_out": "held out",
    "held_out_negative": "normals held out",
    "external": "external",
}
N_BEST = 3
TEST = ("auroc", "sensitivity", "specificity")
Row = Mapping[str, Any]


def recipes_page(record: Row) -> str:
    """Return the page.

    Args:
        record: Content of the record, such as reports/results/recipes.json.
    """
    told = "".join(f"\n- {text}" for text in record.get("conclusions", []))
    return PAGE_TEXT.format(
        conclusions=f"\n## What came out\n{told}\n" if told else "",
        rule=re.sub(r" (?=\d\. )", "\n", record["rule"]["text"]),
        searches="".join(search_section(one) for one in record["searches"]),
        earlier=_earlier(record.get("runs", []), record.get("notes", [])),
    )


def _earlier(runs: Sequence[Row], notes: Sequence[str]) -> str:
    """Runs that are older than the rule, with notes on them; nothing for a record without any."""
    if not runs:
        return ""
    return EARLIER_TEXT.format(
        runs=recipes_table(runs),
        correlations="".join(_old_correlations(one) for one in runs),
        notes="\n".join(f"- {note}" for note in notes),
    )


def recipes_table(searches: Sequence[Row]) -> str:
    """Return a Markdown table with one row per recipe; the pick of each validation is bold."""
    kinds = [
        kind for kind in HEADS if any(kind in row for one in searches for row in one["results"])
    ]
    heads = ["recipe", "trained", *(HEADS[kind] for kind in kinds)]
    heads += ["test AUROC", "test sensitivity", "test specificity"]
    rows = []
    for one in searches:
        for row in one["results"]:
            name, test = row["recipe"], one["test"].get(row["recipe"])
            cells = [f"`{name}`", trained(one | row)]
            cells += [_picked(row, kind, one["picked"]) for kind in kinds]
            rows.append(cells + [f"{test[score]:.3f}" if test else "" for score in TEST])
    return table(heads, rows)


def trained(row: Row) -> str:
    """Size, epochs and seeds of a row."""
    return f"{row['size_px']} px, {row['epochs']} epochs, seeds: {row['n_seeds']}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    return "\n".join([lines[0], f"|{' --- |' * len(heads)}", *lines[1:]])


def _picked(row: Row, kind: str, picks: Row) -> str:
    cell = f"{row[kind]:.3f}" if kind in row else ""
    return f"**{cell}**" if picks.get(kind) == row["recipe"] else cell


def search_section(one: Row) -> str:
    """Everything about one search: its films, what the rule says, and its tables."""
    winner = f"`{one['winner']}`" if one["winner"] else "open: a close recipe lacks seeds"
    parts = [
        f"## {one['data']}, {one['size_px']} px, {one['epochs']} epochs",
        f"{_films(one)} Winner by the rule: {winner}. Close: {_names(one['close'])}."
        " Bold marks the recipe that each validation picks; the test scores are those of the mean"
        " of the networks, at the threshold of ordinary validation.",
        recipes_table([one]),
        _not_tried(one),
        _rule_table(one),
        _without_family(one["results"]),
        f"Difference to `{one['reference']}`, with 95 % interval by patient:",
        _differences(one),
        "Sensitivity / specificity at the threshold that ordinary validation gives for a"
        f" sensitivity of {one['target_sensitivity']}: how well the operating point travels.",
        _points(one),
        _correlations(one["rank_correlation"], f"{len(one['test'])} recipes"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n\n"


def _not_tried(one: Row) -> str:
    """How the networks were trained, and which recipes of the catalogue have no row."""
    train = one.get("train")
    rate = (
        f", learning rate {train['learning_rate']}, schedule {train['schedule']}" if train else ""
    )
    how = f"Trained in batches of {one['batch_size']}, precision {one['precision']}{rate}."
    names = one.get("not_tried")
    return f"{how} In the catalogue, but not tried here: {_names(names)}." if names else how


def _films(one: Row) -> str:
    counts = [
        f"{name.replace('_', ' ')} {n['positive']} positive and {n['negative']} negative films of"
        f" {n['patients']} patients"
        for name, n in one["films"].items()
        if name != "kept"
    ]
    hashed = f" Hash of all films: {one['films_sha256']}." if "films_sha256" in one else ""
    return f"Judged on: {'; '.join(counts)}.{hashed}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _rule_table(one: Row) -> str:
    ranked = sorted((row for row in one["results"] if "score" in row), key=lambda r: r["score"])
    rows = [
        [
            f"`{row['recipe']}`",
            f"{row['score']:.2f}",
            "yes" if row["is_close"] else "",
            str(row["n_views"]),
            "" if row["seconds"] is None else f"{row['seconds'] / 60:.1f}",
        ]
        for row in ranked
    ]
    return table(["candidate", "mean rank", "close", "views", "minutes of a network"], rows)


def _without_family(rows: Sequence[Row]) -> str:
    """What the mean ranks would be if the family of wide crops were not fixed by the rule."""
    if len({row["is_wide"] for row in rows}) < 2:
        return ""
    ranked = sorted(zip(mean_ranks(rows), (row["recipe"] for row in rows), strict=True))
    best = ", ".join(f"`{name}` {score:.2f}" for score, name in ranked[:N_BEST])
    return f"With all recipes as candidates, which the rule excludes, the lowest are: {best}."


def _differences(one: Row) -> str:
    rows = [row for row in one["results"] if "differences" in row]
    kinds = [kind for kind in HEADS if rows and kind in rows[0]["differences"]]
    others = [row for row in rows if row["recipe"] != one["reference"]]
    cells = [
        [f"`{row['recipe']}`", *(interval(row["differences"][kind]) for kind in kinds)]
        for row in others
    ]
    return table(["recipe", *(HEADS[kind] for kind in kinds)], cells) if cells else "none"


def interval(one: Mapping[str, float]) -> str:
    """A signed value with its interval.

    Example:
        >>> interval({"value": 0.0104, "low": -0.002, "high": 0.02})
        '+0.010 (-0.002 to +0.020)'
    """
    return f"{one['value']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f})"


def _points(one: Row) -> str:
    conditions = {
        name: point for row in one["results"] for name, point in row["conditions"].items()
    }
    external = [name for name in conditions if name.startswith("external: ")]
    names = ["ordinary", *(name for name in conditions if name.endswith(", adapted"))]
    names += ["halved, negative", "compressed, negative", "held_out", *external]
    rows = [
        [f"`{row['recipe']}`", *(_point(row["conditions"][name]) for name in names)]
        for row in one["results"]
    ]
    return table(["recipe", *(name.replace("_", " ") for name in names)], rows)


def _point(point: Mapping[str, float | None]) -> str:
    numbers = (point["sensitivity"], point["specificity"])
    return " / ".join("-" if value is None else f"{value:.3f}" for value in numbers)


def _reading(found: Mapping[str, Mapping[str, float]]) -> str:
    """What the intervals of the rank correlations allow to say."""
    shown = [
        f"{HEADS[kind]} ({one['value']:+.2f})"
        for kind, one in found.items()
        if not one["low"] <= 0 <= one["high"]
    ]
    if shown:
        return f"The interval excludes 0 for: {', '.join(shown)}."
    return "Every interval includes 0: no validation is shown to rank the recipes as the test does."


def _correlations(found: Mapping[str, Mapping[str, float]], of_what: str) -> str:
    """Table of rank correlations; nothing without a test."""
    if not found:
        return ""
    rows = [[HEADS[kind], interval(one)] for kind, one in found.items()]
    text = (
        "Which validation would have ranked the recipes as the test does: Spearman's rank"
        f" correlation with the test AUROC of one network ({of_what}; 95 % interval of a bootstrap"
        " over the recipes)."
    )
    return f"{text}\n\n{table(['validation', 'rank correlation'], rows)}\n\n{_reading(found)}"


def _old_correlations(run: Row) -> str:
    tested = [row for row in run["results"] if row["recipe"] in run["test"]]
    of_test = [run["test"][row["recipe"]]["auroc"] for row in tested]
    found = {
        kind: one
        for kind in HEADS
        if all(kind in row for row in tested)
        if (one := rank_correlation([row[kind] for row in tested], of_test))
    }
    text = _correlations(found, f"{len(tested)} recipes, {run['epochs']} epochs")
    return f"{text}\n\n" if text else ""
