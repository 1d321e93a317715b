"""Paths of what the programs of `screen` write; other modules use them through `paths`."""

from pathlib import Path

SCREENED = Path("data/screened")  # answers of `python -m tasks.screen`, if no other folder is named
SCREEN_STATE = Path("data/screen")  # state of the service


def worklist_csv(folder: Path) -> Path:
    """Table of the files that were screened into a folder, the most urgent first."""
    return folder / "worklist.csv"


def worklist_html(folder: Path) -> Path:
    """Page of the files that were screened into a folder."""
    return folder / "worklist.html"


def screening_journal(folder: Path) -> Path:
    """What was scored in a folder, so that a run that was stopped can go on."""
    return folder / "journal.sqlite"


def simulation_dir(model: str) -> Path:
    """Folder of the simulated clinic in which one model sorts the worklist."""
    return Path("data/simulation") / model


def simulation_json(folder: Path) -> Path:
    """Numbers of a simulated clinic."""
    return folder / "simulation.json"


def simulation_html(folder: Path) -> Path:
    """Page of a simulated clinic."""
    return folder / "simulation.html"
