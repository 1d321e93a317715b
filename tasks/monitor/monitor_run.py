"""Look at one inbox, and write everything that is found."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import write_json, write_text
from tasks.core.params import Params
from tasks.monitor.drift_text import drift_headline
from tasks.monitor.film_log import read_film_log, write_film_log
from tasks.monitor.inbox_films import ReadingRules, inbox_paths, read_inbox
from tasks.monitor.inbox_findings import inbox_fingerprint, logged_films, look_at
from tasks.monitor.inbox_history import (
    HistoryRow,
    monitor_state,
    read_history,
    with_inbox,
    write_history,
)
from tasks.monitor.measured_performance import (
    ReviewedFilms,
    measure,
    measured_dict,
    reviewed_films,
)
from tasks.monitor.monitor_page import render_monitor
from tasks.monitor.monitor_result import history_row, result_of
from tasks.monitor.quarantine import set_aside
from tasks.monitor.telling_films import draw_telling_films
from tasks.monitor.watched_network import WatchedNetwork

logger = logging.getLogger(__name__)


def monitor_inbox(inbox: Path, watched: WatchedNetwork, params: Params, now: str) -> dict[str, Any]:
    """Score an inbox, compare it with the training, and write tables, page and result.

    Args:
        inbox: Folder of the new films; it is only read.
        watched: The network and its reference.
        params: All sections.
        now: Time of this run for the history, UTC.

    Returns:
        The result, as in `reports/monitor.json`.

    Raises:
        InboxError: The inbox cannot be read, or holds no file.
        MonitorStateError: A table of earlier runs is damaged.
        SourceError: A file of reviewers' marks is damaged.
    """
    reviewed = reviewed_films(params.ingest.corrections)
    names = inbox_paths(inbox)
    # A cluster may not see the folder
    compute = params.compute.model_copy(update={"dask_scheduler": None})
    rules = ReadingRules(inbox, watched.rules(params.ingest.patient_salt))
    films = list(read_inbox(names, rules, compute))
    limit = params.monitor.max_false_alarms
    found = look_at(films, watched, limit)
    fingerprint = inbox_fingerprint(films, watched)
    pictures = draw_telling_films(inbox, found)
    with monitor_state():
        aside = set_aside(inbox, films, fingerprint)
        write_film_log(logged_films(found, watched), fingerprint)
        result = result_of(found, films, aside, watched, fingerprint, limit)
        before = read_history()
        result["is_new"] = all(row.inbox != fingerprint for row in before)
        history = with_inbox(before, history_row(result, now))
        result["history"] = _with_labels(history, reviewed, watched)
        result["n_unclear_labels"] = reviewed.n_unclear
        page = render_monitor(result, found, watched.compared(), pictures)
        write_history(history)
        write_text(paths.MONITOR_HTML, page)
        write_json(paths.MONITOR_JSON, result)
    logger.info("%s", drift_headline(found, len(films)))
    return result


def _with_labels(
    history: Sequence[HistoryRow], reviewed: ReviewedFilms, watched: WatchedNetwork
) -> list[dict[str, Any]]:
    """Each inbox with the performance that the labels of reviewers show."""
    negative = watched.network.decision.negative_class
    return [
        {
            **vars(row),
            "measured": measured_dict(measure(read_film_log(row.inbox), reviewed.labels, negative)),
        }
        for row in history
    ]
