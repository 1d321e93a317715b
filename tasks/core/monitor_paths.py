"""Paths of what `monitor` writes; other modules use them through `paths`."""

from pathlib import Path

MONITOR = Path("data/monitor")
MONITOR_HISTORY = MONITOR / "history.csv"
MONITOR_HTML = Path("reports/monitor.html")
MONITOR_JSON = Path("reports/monitor.json")


def network_reference(folder: Path) -> Path:
    """What new films are compared with, in the folder of a released network."""
    return folder / "reference.npz"


def monitored_inbox(fingerprint: str) -> Path:
    """Folder of what was found in one inbox, by the fingerprint of its films."""
    return MONITOR / "inboxes" / fingerprint


def monitored_films(fingerprint: str) -> Path:
    """Answers for the films of one inbox, so that labels that arrive later can be compared."""
    return monitored_inbox(fingerprint) / "films.csv"


def quarantine_dir(fingerprint: str) -> Path:
    """Copies of the files of one inbox that cannot be scored."""
    return monitored_inbox(fingerprint) / "quarantine"


def quarantine_csv(fingerprint: str) -> Path:
    """Why each file of the quarantine cannot be scored."""
    return monitored_inbox(fingerprint) / "quarantine.csv"
