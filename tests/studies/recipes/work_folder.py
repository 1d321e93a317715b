"""The folder of one search: what lies where, its lock, and the settings that it is bound to.

settings.json     sources, parameters and settings that every trial shares
rule.json         the rule, written before the first trial
stages.json       which recipes were asked for at which size and epochs
films/            tables of the source and of each external cohort, as the stages write them
squares/<form>/   images of one form: a size, with what a recipe changes in section `resize`
trials/<key>/     one network: trial.json, logits.npz, model/; while it is trained also checkpoints/
sealed/<key>.npz  logits of the test films; only `publish --test` opens them
opened.json       which sealed files were opened
"""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.atomic import read_json, write_json
from tasks.core.errors import ParamsError

PLACES = ("source", "external")  # settings that are paths, which another machine may change
# Sections of params.yaml: a key that is new since is off by default, so it changes nothing
SECTIONS = ("ingest", "validate", "resample", "resize")


@dataclass(frozen=True)
class WorkFolder:
    """Paths of one search."""

    root: Path

    @property
    def films(self) -> Path:
        """Workspace of the tables."""
        return self.root / "films"

    @property
    def settings(self) -> Path:
        """Settings that every trial shares."""
        return self.root / "settings.json"

    @property
    def rule(self) -> Path:
        """The rule that was stated before the first trial."""
        return self.root / "rule.json"

    @property
    def stages(self) -> Path:
        """Which recipes were asked for at which size and epochs."""
        return self.root / "stages.json"

    @property
    def opened(self) -> Path:
        """Which sealed files were opened; no further network is trained then."""
        return self.root / "opened.json"

    def squares(self, form: str) -> Path:
        """Workspace of the images of one form."""
        return self.root / "squares" / form

    def trial(self, key: str) -> Path:
        """Folder of one trial."""
        return self.root / "trials" / key

    def is_finished(self, key: str) -> bool:
        """Whether a trial has ended: its facts are its last file."""
        return (self.trial(key) / "trial.json").exists()

    def facts(self, key: str) -> dict[str, Any]:
        """Facts of a finished trial."""
        found: dict[str, Any] = read_json(self.trial(key) / "trial.json")
        return found

    def all_facts(self) -> list[dict[str, Any]]:
        """Facts of all finished trials, by key."""
        return [read_json(path) for path in sorted(self.root.glob("trials/*/trial.json"))]

    def sealed(self, key: str) -> Path:
        """Test logits of one trial."""
        return self.root / "sealed" / f"{key}.npz"


@contextmanager
def locked(work: WorkFolder) -> Iterator[None]:
    """Hold the folder; the kernel frees it at the moment this process ends.

    Raises:
        ParamsError: Another run holds it.
    """
    work.root.mkdir(parents=True, exist_ok=True)
    with (work.root / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ParamsError(
                "one search at a time may use a work folder",
                found="another search holds its lock",
                where=str(work.root),
                next_step="wait for the other search, or name another folder with --work",
            ) from error
        yield


def check_is_search(work: WorkFolder) -> None:
    """Check that a folder holds a search.

    Raises:
        ParamsError: It holds none.
    """
    if not (work.settings.exists() and work.rule.exists()):
        raise ParamsError(
            "the folder must be the --work of a search",
            found="no search",
            where=str(work.root),
            next_step="name the folder that the search wrote",
        )


def bind_settings(work: WorkFolder, settings: Mapping[str, Any]) -> None:
    """Write the settings of a new folder; check them against those of an older one.

    A source may lie elsewhere if its former place does not exist here: the folder was copied to
    another machine. Then its name must be the same.

    Raises:
        ParamsError: The folder is bound to other settings; their names are given.
    """
    if not work.settings.exists():
        write_json(work.settings, settings)
        return
    before = read_json(work.settings)
    now = {
        name: without_new_keys(one, before.get(name)) if name in SECTIONS else one
        for name, one in settings.items()
    }
    if differing := differing_settings(before, now):
        raise ParamsError(
            "one search has one setting, or its rows cannot be compared",
            found=f"other values of {', '.join(differing)}",
            where=str(work.settings),
            next_step="give the former values, or name another folder with --work",
        )
    write_json(work.settings, settings)  # with the places of this machine


def without_new_keys(now: Any, before: Any) -> Any:
    """Values without the keys that an older version of the parameters did not have.

    Example:
        >>> without_new_keys({"a": 1, "b": {"c": 2, "d": 3}}, {"a": 0, "b": {"c": 0}})
        {'a': 1, 'b': {'c': 2}}
    """
    if isinstance(now, Mapping) and isinstance(before, Mapping):
        return {key: without_new_keys(now[key], before[key]) for key in now if key in before}
    return now


def differing_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of the settings with other values, with the key inside a section: `ingest.layout`.

    Example:
        >>> differing_settings({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "c": 5}, "d": 3})
        ['a.c']
    """
    found = []
    for name in sorted({*before, *now}):
        one, other = before.get(name), now.get(name)
        if name in PLACES:
            found += [] if _same_places(one, other) else [name]
        elif isinstance(one, Mapping) and isinstance(other, Mapping):
            found += [f"{name}.{key}" for key in differing_settings(one, other)]
        elif one != other:
            found.append(name)
    return found


def _same_places(before: Any, now: Any) -> bool:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        return set(before) == set(now) and all(
            _same_places(place, now[name]) for name, place in before.items()
        )
    if before == now or before is None or now is None:
        return bool(before == now)
    former, present = Path(str(before)), Path(str(now))
    return not former.exists() and former.name == present.name
