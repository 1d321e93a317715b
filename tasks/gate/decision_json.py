"""The form of gate.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.html.number_format import count_of

PROMOTE, REFUSE, FIRST = "promote", "refuse", "first"


def decision_json(
    decision: str,
    headline: str,
    reasons: Sequence[str],
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Content of gate.json, but for the names of the two networks.

    Args:
        decision: `PROMOTE`, `REFUSE` or `FIRST`.
        headline: One sentence.
        reasons: Why, at least one.
        details: `rows`, `rules` and `numbers`; None if nothing was compared.
    """
    nothing = {"rows": [], "rules": [], "numbers": {"sets": [], "power": [], "ledger": None}}
    return {
        "decision": decision,
        "headline": headline,
        "reasons": list(reasons),
        "is_champion": False,
        **(nothing if details is None else details),
    }


def refusal(reasons: Sequence[str], details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A decision to refuse.

    Example:
        >>> refusal(["it is slow", "it is large"])["headline"]
        'The new network is refused: it is slow (and 1 reason more).'
    """
    more = "" if len(reasons) == 1 else f" (and {count_of(len(reasons) - 1, 'reason')} more)"
    headline = f"The new network is refused: {reasons[0]}{more}."
    return decision_json(REFUSE, headline, reasons, details)
