"""The result of one inbox, as JSON and as a row of the history."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tasks.monitor.drift_text import drift_headline, number_text, unseen_texts
from tasks.monitor.inbox_films import InboxFilm
from tasks.monitor.inbox_findings import InboxFindings
from tasks.monitor.inbox_history import HistoryRow
from tasks.monitor.quarantine import SetAside
from tasks.monitor.watched_network import WatchedNetwork


def result_of(
    found: InboxFindings,
    films: Sequence[InboxFilm],
    aside: Sequence[SetAside],
    watched: WatchedNetwork,
    fingerprint: str,
    max_false_alarms: float,
) -> dict[str, Any]:
    """All that was found, for `reports/monitor.json`.

    Args:
        found: In the inbox.
        films: All files.
        aside: Those in quarantine.
        watched: The network and its reference.
        fingerprint: Of the inbox.
        max_false_alarms: See `decide_drift`.
    """
    drift = found.drift
    return {
        "headline": drift_headline(found, len(films)),
        "drifted": drift.has_drifted if drift else None,
        "inbox": fingerprint,
        "network": _network(watched),
        "n_files": _counts(found, films, aside),
        "first": drift.first.as_dict() if drift and drift.first else None,
        "rows": [move.as_dict() for move in drift.moves] if drift else [],
        "max_false_alarms": max_false_alarms,
        "n_tests": drift.n_tests if drift else 0,
        "domain": _domain(found),
        "visible_move": drift.visible_move if drift else None,
        "unseen": list(unseen_texts(found)),
        "expected": asdict(found.expected) if found.expected else None,
        "known": [
            {"path": film.path, "split": split}
            for film, split in zip(found.films, found.splits, strict=True)
            if split
        ],
        "quarantine": [asdict(one) for one in aside],
    }


def _network(watched: WatchedNetwork) -> dict[str, Any]:
    network, reference = watched.network, watched.reference
    return {
        "model": network.model,
        "sha256": network.sha256,
        "classes": list(network.classes),
        "is_synthetic": network.is_synthetic,
        "n_training": len(reference.acquisition),
        "n_validation": len(reference.validation),
    }


def _counts(
    found: InboxFindings, films: Sequence[InboxFilm], aside: Sequence[SetAside]
) -> dict[str, int]:
    """Files by what became of them; all but `found` and `compared` add up to `found`."""
    junk = sum(film.is_junk for film in films)
    scored = len(found.films)
    return {
        "found": len(films),
        "scored": scored,
        "repeated": len(films) - junk - len(aside) - scored,
        "quarantined": len(aside),
        "junk": junk,
        "compared": found.n_compared,
    }


def _domain(found: InboxFindings) -> dict[str, Any] | None:
    if found.drift is None or found.drift.domain is None:
        return None
    domain = found.drift.domain
    return {
        "auroc": vars(domain.auroc),
        "p_value": domain.p_value,
        "p_corrected": found.drift.p_domain,
    }


def history_row(result: dict[str, Any], now: str) -> HistoryRow:
    """The row of one inbox.

    Args:
        result: From `result_of`.
        now: UTC, to the minute.
    """
    first, domain, expected = result["first"], result["domain"], result["expected"]
    counts = result["n_files"]
    return HistoryRow(
        inbox=result["inbox"],
        first_seen=now,
        model=result["network"]["model"],
        model_sha256=result["network"]["sha256"],
        n_files=str(counts["found"]),
        n_compared=str(counts["compared"]),
        n_quarantined=str(counts["quarantined"]),
        drifted={True: "yes", False: "no", None: ""}[result["drifted"]],
        first_feature=first["title"] if first else "",
        moved_by=number_text(first["moved_by"]) if first else "",
        unit=(first["unit"] or "of the films") if first else "",
        spreads=f"{first['spreads']:.2f}" if first else "",
        domain_auroc=f"{domain['auroc']['value']:.3f}" if domain else "",
        expected_accuracy=f"{expected['by_confidence']['accuracy']['value']:.3f}"
        if expected
        else "",
    )
