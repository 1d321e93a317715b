"""The page `reports/monitor.html`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from tasks.core import paths
from tasks.core.html.site_links import site_links
from tasks.core.html.templating import render_template
from tasks.monitor.distribution_drawing import bin_both, draw_distributions
from tasks.monitor.drift_decision import FilmSide
from tasks.monitor.drift_tests import FeatureMove
from tasks.monitor.drift_text import move_text, number_text
from tasks.monitor.film_features import ACQUISITION, FAMILY_TITLES
from tasks.monitor.inbox_findings import InboxFindings
from tasks.monitor.telling_films import TellingFilm

MONITOR_TEMPLATES = Path(__file__).parent / "templates"
_N_DRAWN = 6  # distributions
_N_LEVELS = 6  # of a category
_MOST_ROWS = 200  # of known films and of the quarantine; the tables of the run have all
_Table = dict[str, Any]  # head, rows: see `value_table` in parts.html.j2


def render_monitor(
    result: Mapping[str, Any],
    found: InboxFindings,
    reference: FilmSide,
    pictures: Sequence[TellingFilm],
) -> str:
    """The page of one inbox.

    Args:
        result: From `result_of`, with the history.
        found: In the inbox.
        reference: The side of the training.
        pictures: Films that show the move.
    """
    moves = found.drift.moves if found.drift else ()
    first = found.drift.first if found.drift else None
    context = {
        "result": result,
        "first": first,
        "first_text": move_text(first) if first else "",
        "moves": [(_move_row(move), move.has_moved) for move in moves],
        "drawings": [_drawing(move, found, reference) for move in moves[:_N_DRAWN]],
        "pictures": pictures,
        "most_rows": _MOST_ROWS,
        "quarantine": paths.quarantine_dir(result["inbox"]),
        "films_table": paths.monitored_films(result["inbox"]),
        "history": list(reversed(result["history"])),
        "n_labelled": sum(row["measured"]["n_labelled"] for row in result["history"]),
        "site": site_links(paths.MONITOR_HTML),
    }
    return render_template(MONITOR_TEMPLATES, "monitor.html.j2", context)


def _move_row(move: FeatureMove) -> dict[str, str]:
    """Cells of one feature, as text."""
    arrow = {True: "higher", False: "lower", None: ""}[move.is_higher]
    unit = move.unit or "of the films have another one"
    amount = 100 * move.moved_by if move.is_higher is None else move.moved_by
    sign = "" if move.unit else " %"
    return {
        "title": move.title,
        "family": FAMILY_TITLES[move.family],
        "moved_by": f"{number_text(amount)}{sign}",
        "unit": unit,
        "direction": arrow,
        "reference": number_text(move.reference),
        "inbox": number_text(move.inbox),
        "spreads": number_text(move.spreads),
        "statistic": f"{move.statistic:.2f}",
        "p": "under 0.0001" if move.p_corrected < 1e-4 else f"{move.p_corrected:.4f}",
    }


def _drawing(move: FeatureMove, found: InboxFindings, reference: FilmSide) -> dict[str, Any]:
    """A drawing or, for a category, a table of both distributions."""
    part = reference.acquisition if move.feature in ACQUISITION else reference.answers
    before, now = part[move.feature], found.table.loc[found.is_compared, move.feature]
    text = f"{'Moved' if move.has_moved else 'Differs'} {move_text(move)}"
    shown = {
        "title": move.title,
        "text": f"{text}" + ("." if move.has_moved else ": no more than by chance."),
        "is_moved": move.has_moved,
    }
    if move.is_higher is None:
        return {**shown, "drawing": None, "data": _level_table(before, now)}
    drawing, data = _distribution(move, before, now)
    return {**shown, "drawing": drawing, "data": data}


def _distribution(move: FeatureMove, before: pd.Series, now: pd.Series) -> tuple[Markup, _Table]:
    known = (one.dropna().to_numpy(dtype=np.float64) for one in (before, now))
    bins = bin_both(*known)
    rows = [
        [f"{number_text(low)} to {number_text(high)}", float(then), float(new)]
        for low, high, then, new in zip(
            bins.edges[:-1].tolist(),
            bins.edges[1:].tolist(),
            bins.reference,
            bins.inbox,
            strict=True,
        )
    ]
    head = [move.title, "Share in the training", "Share of the new films"]
    return draw_distributions(bins, f"{move.title}, {move.unit}"), {"head": head, "rows": rows}


def _level_table(before: pd.Series, now: pd.Series) -> _Table:
    then, new = (one.value_counts(normalize=True) for one in (before, now))
    both = pd.concat([before, now]).value_counts().sort_index()
    levels = both.sort_values(ascending=False, kind="stable").index[:_N_LEVELS]
    rows = [[level, float(then.get(level, 0.0)), float(new.get(level, 0.0))] for level in levels]
    return {"head": ["Level", "Share in the training", "Share of the new films"], "rows": rows}
