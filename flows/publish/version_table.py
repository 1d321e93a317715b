"""The versions as a table in text: which one is in use, how good it is, where its data is."""

from pathlib import Path

from flows.publish.version_tags import notes_of
from tasks.core import paths
from tasks.core.champion import ARTIFACT, ReleaseTags, read_release_tags

_COLUMNS = ("version", "in use", "made", "commit", "network", "AUROC of test films", "data", "note")
NO_VERSION = "no version yet; `python -m flows.promote` makes one"


def version_table(root: Path) -> str:
    """List the versions, the newest first, in aligned columns.

    Args:
        root: Root of the repository.

    Raises:
        LunglineError: git cannot read its tags.
    """
    tags = read_release_tags(root)
    if not tags.versions:
        return NO_VERSION
    rows = [_COLUMNS, *(_row(root, version, tags) for version in reversed(tags.versions))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(root: Path, version: str, tags: ReleaseTags) -> tuple[str, ...]:
    notes = notes_of(root, f"{ARTIFACT}@{version}")
    return (
        version,
        _use(root, version, tags),
        notes["Date"],
        tags.versions[version][:10],
        notes.get("Network", ""),
        notes.get("Auroc of test", ""),
        notes.get("Stored", "").split(" (")[0].split(":")[0],
        f"override: {notes['Override']}" if "Override" in notes else notes.get("Films", ""),
    )


def _use(root: Path, version: str, tags: ReleaseTags) -> str:
    """Whether a version is or was in use."""
    if version != tags.champion:
        return "before" if version in tags.champions else ""
    is_here = paths.release_json(root / paths.champion_folder(version)).is_file()
    return "yes" if is_here else "yes, not here"
