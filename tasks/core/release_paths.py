"""Paths of released networks; other modules use them through `paths`."""

from pathlib import Path

RELEASE = Path("data/classifier")  # what stage `release` writes: one network with all it needs
MONITOR_REFERENCE = Path("data/monitor/reference.npz")  # training films, for the watch on drift
CHAMPIONS = Path("data/champions")  # a copy of each version that is or was in use


def champion_folder(version: str) -> Path:
    """Folder of a registered version, such as `v0.1.0`; its files are those of a release."""
    return CHAMPIONS / version


def release_json(folder: Path) -> Path:
    """What a release is: its network, classes, settings and figures, and a hash of each file."""
    return folder / "release.json"


def release_films(folder: Path) -> Path:
    """Table of the films of a release: which ones trained it, which chose its settings."""
    return folder / "films.parquet"


def release_onnx(folder: Path) -> Path:
    """Network of a release for ONNX Runtime, with its contract."""
    return folder / "model.onnx"
