"""Watch places for new films, and send one event when they are complete."""

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.project_name import state_file
from flows.run_lock import running_run
from flows.triggers.sources import Place
from tasks.core.atomic import write_text
from tasks.core.errors import LunglineError

Emit = Callable[[dict[str, Any]], None]


@dataclass
class Watcher:
    """Compares places with what the last event was sent for.

    An event waits until nothing has changed for `quiet_s` seconds, so that a copy in progress
    starts no run, and until no unattended run is in progress, so that films which arrive during a
    run start one more run and not ten.

    Attributes:
        root: Folder that holds `.dvc`; the states are kept there over a restart.
        places: Places to look at.
        quiet_s: Seconds without a change after which new films count as complete.
        emit: Function that sends the event, with its payload.
        clock: Monotonic clock, in seconds.
        is_waiting: Whether the last look found something for which no event was sent yet.
    """

    root: Path
    places: list[Place]
    quiet_s: float
    emit: Emit
    clock: Callable[[], float] = time.monotonic
    is_waiting: bool = field(default=False, init=False)
    _seen: dict[str, str] = field(default_factory=dict, init=False)
    _changed_s: float = field(default=float("-inf"), init=False)

    def look(self) -> str:
        """Look once; send the event if it is due; return one line that says what was found.

        A place that cannot be reached keeps its last state, and its reason is in the line.
        """
        faults = self._read()
        handled = self._handled()
        moved = [name for name, state in self._seen.items() if handled.get(name) != state]
        said = self._act(moved)
        return "; ".join([said, *faults])

    def _read(self) -> list[str]:
        faults = []
        for place in self.places:
            try:
                state = place.read()
            except LunglineError as error:
                faults.append(f"{place.name}: {error.found}")
                continue
            if self._seen.get(place.name) != state:
                self._seen[place.name] = state
                self._changed_s = self.clock()
        return faults

    def _act(self, moved: list[str]) -> str:
        self.is_waiting = bool(moved)
        if not moved:
            return "nothing new"
        names = ", ".join(moved)
        if self.clock() - self._changed_s < self.quiet_s:
            return f"{names} changed; waiting until it is quiet for {self.quiet_s:g} s"
        if (run := running_run(self.root)) is not None:
            return f"{names} changed; waiting for the end of run {run}"
        self.emit({name.replace(".", "_"): self._seen[name] for name in moved})
        write_text(state_file(self.root, "watched.json"), json.dumps(self._seen, indent=1) + "\n")
        self.is_waiting = False
        return f"{names} changed; sent the event that starts a run"

    def _handled(self) -> dict[str, str]:
        """States for which an event was sent; none if the note is missing or unreadable."""
        try:
            handled = json.loads(state_file(self.root, "watched.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return handled if isinstance(handled, dict) else {}


def watch(watcher: Watcher, poll_s: float, stop: threading.Event) -> None:
    """Look every `poll_s` seconds until `stop` is set; say each line that differs from the last."""
    last = ""
    while not stop.is_set():
        said = look_safely(watcher)
        if said != last:
            last = said
            sys.stderr.write(f"{time.strftime('%H:%M:%S')} watch: {said}\n")
        stop.wait(poll_s)


def look_safely(watcher: Watcher) -> str:
    """Look once; an expected failure becomes the line, and a later look tries again."""
    try:
        return watcher.look()
    except LunglineError as error:
        watcher.is_waiting = True
        return str(error)
