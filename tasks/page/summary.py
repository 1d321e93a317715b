"""What the index needs to know of one model."""

from typing import Any

from tasks.core import paths
from tasks.page.evidence import Evidence
from tasks.page.weaknesses import find_weaknesses
from tasks.page.words import verdict


def summarise(evidence: Evidence) -> dict[str, Any]:
    """The row of one model in the comparison, as JSON values.

    Returns:
        `page` is relative to the folder of the index. `weaknesses` holds `title` and `detail` of
        each, the most important one first.
    """
    return {
        "model": evidence.model,
        "page": paths.page(evidence.model).name,
        "synthetic": evidence.synthetic,
        "verdict": verdict(evidence.metrics),
        "weaknesses": [
            {"title": finding.title, "detail": finding.detail}
            for finding in find_weaknesses(evidence)
            if finding.weak
        ],
        "metrics": dict(evidence.metrics),
        "contract": dict(evidence.contract),
    }
