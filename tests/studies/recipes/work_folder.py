"""The folder of one search: what lies where, its lock, and the settings that it is bound to.

settings.json     sources, parameters and settings that every trial shares
rule.json         the rule, written before the first trial
stages.json       which recipes were asked for at which size and epochs
films/            tables of the source and of each external cohort, as the stages write them
squares/<form>/   images of one form: a size, with what a recipe changes in section `resize`
trials/<key>/     one network: started.json, model/, logits.npz and last trial.json; while it is
                  trained also checkpoints/
sealed/<key>.npz  logits of the test films, and the hash of their network; only `publish --test`
                  opens them
opened.json       which sealed files were opened
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.atomic import write_json
from tasks.core.errors import ParamsError
from tasks.core.exclusive_lock import exclusive_lock
from tasks.core.json_form import Form
from tests.studies.recipes.checked_files import damaged, read_checked

PLACES = ("source", "external")  # settings that are paths, which another machine may change
# Sections of params.yaml: a key that is new since is off by default, so it changes nothing
SECTIONS = ("ingest", "validate", "resample", "resize", "train")
SETTINGS: Form = {"data": str, "model": str}
STARTED: Form = {
    **dict.fromkeys(("key", "recipe", "split", "form"), str),
    **dict.fromkeys(("size_px", "epochs", "seed"), int),
    **{"by_subtype": bool, "resize": dict, "train": dict},
}
FINISHED: Form = STARTED | {"classes": [str], "seconds": (float, None)}


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
        return self._facts(key, "trial.json", FINISHED)

    def started(self, key: str) -> dict[str, Any] | None:
        """Facts with which the training of a trial began; None if they are not known."""
        is_noted = (self.trial(key) / "started.json").exists()
        return self._facts(key, "started.json", STARTED) if is_noted else None

    def _facts(self, key: str, name: str, form: Form) -> dict[str, Any]:
        path, step = self.trial(key) / name, next_step_of(self.trial(key))
        found: dict[str, Any] = read_checked(path, form, step)
        if found["key"] != key:
            raise damaged(path, f"the facts of {found['key']}", step)
        return found

    def all_facts(self) -> list[dict[str, Any]]:
        """Facts of all finished trials, by key."""
        files = sorted(self.root.glob("trials/*/trial.json"))
        return [self.facts(path.parent.name) for path in files]

    def fingerprint(self, key: str) -> str:
        """SHA-256 of what a finished trial tells: its settings, and what its network answers."""
        folder, digest = self.trial(key), hashlib.sha256()
        for path in (folder / "trial.json", folder / "logits.npz"):
            if not path.exists():
                raise damaged(path, "no file", next_step_of(folder))
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def read_settings(self) -> dict[str, Any]:
        """Settings that the folder is bound to."""
        step = "put the former file back, or name another folder with --work"
        found: dict[str, Any] = read_checked(self.settings, SETTINGS, step)
        return found

    def sealed(self, key: str) -> Path:
        """Test logits of one trial."""
        return self.root / "sealed" / f"{key}.npz"


def next_step_of(trial: Path) -> str:
    """What to do about a damaged trial."""
    return f"delete the folder {trial} and run the search again, which trains it anew"


@contextmanager
def locked(work: WorkFolder) -> Iterator[None]:
    """Hold the folder; the kernel frees it at the moment this process ends.

    Raises:
        ParamsError: Another run holds it.
    """
    rule = "one search at a time may use a work folder"
    next_step = "wait for the other search, or name another folder with --work"
    with exclusive_lock(work.root / "lock", rule, work.root, next_step, ParamsError):
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
    another machine. Then its name must be the same. A folder of a release that did not bind a
    section has no such section: there the facts of each finished trial tell its values.

    Raises:
        ParamsError: The folder is bound to other settings; their names are given.
    """
    if not work.settings.exists():
        write_json(work.settings, settings)
        return
    before = work.read_settings()
    bound = {name: one for name, one in settings.items() if name in before or name not in SECTIONS}
    now = {
        name: without_new_keys(one, before[name]) if name in SECTIONS else one
        for name, one in bound.items()
    }
    if differing := differing_settings(before, now):
        raise ParamsError(
            "one search has one setting, or its rows cannot be compared",
            found=f"other values of {', '.join(differing)}",
            where=str(work.settings),
            next_step="give the former values, or name another folder with --work",
        )
    write_json(work.settings, bound)  # with the places of this machine


def differing_facts(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of the facts of a trial that differ; keys that an older release lacked do not.

    Args:
        before: Facts that the trial holds.
        now: Facts that it would have today.
    """
    kept = {key: without_new_keys(now[key], before[key]) for key in now}
    return differing_settings({key: before[key] for key in now}, kept)


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
