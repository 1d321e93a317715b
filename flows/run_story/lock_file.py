"""What dvc.lock records of each stage: parameters, and the hashes of what it read and wrote."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

LOCK_FILE = Path("dvc.lock")
StageParams = Mapping[str, Any]


@dataclass(frozen=True)
class RecordedStage:
    """One entry of dvc.lock.

    Attributes:
        deps: Hash of each file and folder that the stage read.
        outs: The same for what it wrote.
        params: For each file of parameters, the values by dotted name.
        sections: For each file of parameters, the names and sections that the stage reads.
    """

    deps: Mapping[str, str] = field(default_factory=dict)
    outs: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, StageParams] = field(default_factory=dict)
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_lock(root: Path) -> dict[str, RecordedStage]:
    """Read dvc.lock; without the file, no stage is recorded."""
    try:
        text = (root / LOCK_FILE).read_bytes()
    except FileNotFoundError:
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    stages = (yaml.load(text, loader) or {}).get("stages", {})  # noqa: S506 - a safe loader
    return {name: _recorded(entry) for name, entry in stages.items()}


def current_params(root: Path, recorded: RecordedStage) -> dict[str, StageParams]:
    """Read the values that the recorded parameters have now; a value that is gone is left out."""
    current: dict[str, StageParams] = {}
    for name, sections in recorded.sections.items():
        try:
            flat = dict(_flat(yaml.safe_load((root / name).read_bytes())))
        except (FileNotFoundError, yaml.YAMLError):
            flat = {}
        inside = tuple(f"{section}." for section in sections)
        current[name] = {
            key: value for key, value in flat.items() if key in sections or key.startswith(inside)
        }
    return current


def _recorded(entry: Mapping[str, Any]) -> RecordedStage:
    return RecordedStage(
        deps=_hashes(entry.get("deps", [])),
        outs=_hashes(entry.get("outs", [])),
        params={name: dict(_flat(values)) for name, values in entry.get("params", {}).items()},
        sections={name: tuple(values) for name, values in entry.get("params", {}).items()},
    )


def _hashes(items: list[dict[str, Any]]) -> dict[str, str]:
    return {item["path"]: str(item.get("md5") or item.get("etag") or "") for item in items}


def _flat(tree: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value of nested mappings by its dotted name."""
    if isinstance(tree, Mapping) and tree:
        for key, value in tree.items():
            yield from _flat(value, f"{prefix}{key}.")
    else:
        yield prefix.rstrip("."), tree
