"""What a run of `monitor` shows on the pages of Prefect."""

from typing import Any

from tasks.core import paths

_N_ROWS = 5


def drift_markdown(result: dict[str, Any]) -> str:
    """The findings as markdown.

    Args:
        result: Of `reports/monitor.json`.
    """
    counts = result["n_files"]
    lines = [
        f"# {_plain(result['headline'])}",
        "",
        f"{counts['found']} files: {counts['scored']} scored, {counts['compared']} compared,"
        f" {counts['quarantined']} in quarantine, {counts['repeated']} copies."
        f" Network `{result['network']['model']}`. Page: `{paths.MONITOR_HTML}`.",
        "",
        *(_feature_lines(result) if result["rows"] else ()),
        *(f"- {_plain(text)}" for text in result["unseen"]),
    ]
    return "\n".join(lines) + "\n"


def _feature_lines(result: dict[str, Any]) -> list[str]:
    head = [
        "| feature | moved by | standard deviations | corrected p | moved |",
        "|---|---|---|---|---|",
    ]
    rows = [
        f"| {' | '.join(_plain(str(cell)) for cell in row.values())} |"
        for row in artifact_rows(result)[:_N_ROWS]
    ]
    return [*head, *rows, ""]


def artifact_rows(result: dict[str, Any]) -> list[dict[str, str]]:
    """A row for each feature that was tested, the first one on top."""
    return [
        {
            "feature": row["title"],
            "moved by": f"{row['moved_by']:.3g} {row['unit'] or 'of the films'}",
            "standard deviations": f"{row['spreads']:.2f}",
            "corrected p": f"{row['p_corrected']:.2g}",
            "moved": "yes" if row["has_moved"] else "no",
        }
        for row in result["rows"]
    ]


def _plain(text: str) -> str:
    """Text without the signs by which markdown would form a link, a table or HTML."""
    return "".join(char for char in text if char not in "|<>[]`*_")
