"""Why a stage ran: which parameter, code, data or output had changed, in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.run_story.lock_file import RecordedStage, StageParams, current_params

N_NAMED_REASONS = 3  # more make a table that nobody reads
CODE_FOLDERS = ("tasks/", "flows/")
_OUTPUT_WORDS = {
    "modified": "was edited",
    "not in cache": "was not in the cache",
}


class Reasons:
    """Tells why stages ran, from dvc.lock before and after the run.

    Args:
        root: Folder that holds `.dvc`.
        before: dvc.lock before the run.
        after: dvc.lock after the run.
        status: What `dvc status --json` said before the run.
    """

    def __init__(
        self,
        root: Path,
        before: Mapping[str, RecordedStage],
        after: Mapping[str, RecordedStage],
        status: Mapping[str, Sequence[Any]],
    ) -> None:
        self._root, self._before, self._after, self._status = root, before, after, status
        self._makers = {path: name for name, entry in after.items() for path in entry.outs}

    def why(self, stage: str) -> str:
        """Say why a stage ran; empty if nothing is known, as for a `.dvc` file."""
        reasons = list(dict.fromkeys(self._reasons(stage)))
        rest = len(reasons) - N_NAMED_REASONS
        named = reasons[:N_NAMED_REASONS] + ([f"and {rest} more"] if rest > 0 else [])
        return "; ".join(named)

    def changed_params(self, stage: str) -> list[str]:
        """Name each parameter of a stage whose value is new, with both values."""
        before = self._before.get(stage, RecordedStage())
        now = current_params(self._root, before)
        return [text for name, old in before.params.items() for text in _changes(old, now[name])]

    def _reasons(self, stage: str) -> Iterator[str]:
        before, after = self._before.get(stage), self._after.get(stage)
        status = self._status.get(stage, ())
        if before is None:
            if status or after is not None:
                yield "it had no result yet"
            return
        yield from (f"parameter {text}" for text in self.changed_params(stage))
        missing = _missing_deps(before, after, status)
        for path in _changed_deps(before, after, status):
            if path in missing:
                continue
            maker = self._makers.get(path)
            kind = "code" if path.startswith(CODE_FOLDERS) else "data"
            yield f"new {path} from {maker}" if maker else f"changed {kind}: {path}"
        yield from _absent(missing, _entries(status, "changed outs"))
        yield from _other_reasons(status)


def _missing_deps(
    before: RecordedStage, after: RecordedStage | None, status: Sequence[Any]
) -> list[str]:
    """Paths that were not there before the run, and are now as recorded: nothing in them is new."""
    same = before.deps if after is None else dict(before.deps.items() & after.deps.items())
    entries = _entries(status, "changed deps").items()
    return sorted(path for path, found in entries if found == "deleted" and path in same)


def _absent(inputs: Sequence[str], outs: Mapping[str, Any]) -> Iterator[str]:
    """Name the one missing file, or count several, as in a clone that has none yet."""
    outputs = sorted(path for path, found in outs.items() if found == "deleted")
    named = [f"input {path}" for path in inputs] + [f"output {path}" for path in outputs]
    if len(named) == 1:
        yield f"its {named[0]} was missing"
    elif named:
        counts = {"inputs": len(inputs), "outputs": len(outputs)}
        yield f"{' and '.join(f'{word} ({n})' for word, n in counts.items() if n)} were missing"


def _changed_deps(
    before: RecordedStage, after: RecordedStage | None, status: Sequence[Any]
) -> list[str]:
    """Paths that the stage reads and that are not as before; code first."""
    changed = {path for path in _entries(status, "changed deps") if path not in before.params}
    if after is not None:
        changed |= {path for path, found in after.deps.items() if before.deps.get(path) != found}
    return sorted(changed, key=lambda path: (not path.startswith(CODE_FOLDERS), path))


def _other_reasons(status: Sequence[Any]) -> Iterator[str]:
    """What DVC found besides changed inputs."""
    if "changed command" in status:
        yield "its command changed"
    if "always changed" in status:
        yield "it runs every time"
    for path, found in _entries(status, "changed outs").items():
        if found != "deleted":
            yield f"its output {path} {_OUTPUT_WORDS.get(str(found), f'is {found}')}"


def _entries(status: Sequence[Any], kind: str) -> dict[str, Any]:
    """Join the entries of one kind in DVC's status of a stage."""
    found: dict[str, Any] = {}
    for entry in status:
        if isinstance(entry, Mapping):
            found |= entry.get(kind, {})
    return found


def _changes(old: StageParams, new: StageParams) -> Iterator[str]:
    """Name each value that differs."""
    yield from (f"{key}: {_word(new[key])} added" for key in new if key not in old)
    for key, value in old.items():
        if key not in new:
            yield f"{key}: {_word(value)} removed"
        elif new[key] != value:
            yield f"{key}: {_word(value)} → {_word(new[key])}"


def _word(value: Any) -> str:
    """A value as params.yaml writes it; text stays without quotes."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
