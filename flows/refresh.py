"""Get the newest films before the stages run: `dvc update` of imports, `dvc pull` of what is gone.

A network that fails for a moment is tried again; another error is not. Offline, a run goes on with
the films that are here, and says so.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from flows.git_command import run_git
from flows.outcome import StageOutcome
from flows.stage_log import LineCallback

REFRESH = "refresh"
WAITS_S = (5.0, 20.0)  # before the second and the third try
# Packages of file systems whose errors are about the network, and words in the names of those
_NETWORK_PACKAGES = ("aiohttp", "botocore", "requests", "urllib3", "google", "azure", "paramiko")
_NETWORK_WORDS = ("connect", "timeout", "network", "dns")


def refresh(root: Path, report: LineCallback, waits_s: tuple[float, ...] = WAITS_S) -> StageOutcome:
    """Update the imports of a project, and pull tracked data that is not there.

    Args:
        root: Folder that holds `.dvc`.
        report: Gets a line for each thing that is done.
        waits_s: Seconds before each further try of the network.

    Returns:
        `cached` if nothing changed; `failed` if data that is not here cannot be fetched.
    """
    started_s = time.monotonic()
    imports, missing = _to_refresh(root)
    try:
        changed = [name for name in imports if _updated(root, name, report, waits_s)]
        for name in missing:
            _patiently(partial(_pull, root, name), f"dvc pull {name}", report, waits_s)
            report(f"{name}: pulled")
    except Exception as error:  # noqa: BLE001 - each kind of remote has error classes of its own
        lines = tuple(f"{type(error).__name__}: {error}".splitlines())
        detail = "data that is not here could not be fetched"
        return StageOutcome(REFRESH, "failed", detail, time.monotonic() - started_s, lines)
    if not changed and not missing:
        return StageOutcome(REFRESH, "cached", f"{len(imports)} imports are as before")
    return StageOutcome(REFRESH, "ran", "", time.monotonic() - started_s)


def has_work(root: Path) -> bool:
    """Whether there is an import to update, or tracked data that is not here."""
    return any(_to_refresh(root))


def is_network_error(error: BaseException | None) -> bool:
    """Whether an error, or one that caused it, comes from the network.

    Example:
        >>> is_network_error(ConnectionResetError()), is_network_error(FileNotFoundError())
        (True, False)
    """
    while error is not None:
        kind = type(error)
        names_network = any(word in kind.__name__.lower() for word in _NETWORK_WORDS)
        is_remote = kind.__module__.partition(".")[0] in _NETWORK_PACKAGES
        if isinstance(error, ConnectionError | TimeoutError) or (is_remote and names_network):
            return True
        error = error.__cause__ or error.__context__
    return False


def _to_refresh(root: Path) -> tuple[list[str], list[str]]:
    """Files of DVC in git: the imports, and those whose data is not here."""
    names = run_git(root, "ls-files", "-z", "--", "*.dvc").split("\0")
    stages = {name: _read(root / name) for name in names if (root / name).is_file()}
    imports = [name for name, stage in stages.items() if stage.get("deps")]
    missing = [
        name
        for name, stage in stages.items()
        if name not in imports and not all(place.exists() for place in _outs(root / name, stage))
    ]
    return imports, missing


def _read(file: Path) -> dict[str, Any]:
    import yaml

    found = yaml.safe_load(file.read_bytes())
    return found if isinstance(found, dict) else {}


def _outs(file: Path, stage: dict[str, Any]) -> Iterator[Path]:
    folder = file.parent / stage.get("wdir", ".")
    yield from (folder / out["path"] for out in stage.get("outs", []))


def _updated(root: Path, name: str, report: LineCallback, waits_s: tuple[float, ...]) -> bool:
    """Update an import; offline, keep its data if that is here. Return whether it changed."""
    before = (root / name).read_bytes()
    is_here = all(place.exists() for place in _outs(root / name, _read(root / name)))
    try:
        _patiently(partial(_update, root, name), f"dvc update {name}", report, waits_s)
    except Exception as error:  # each kind of remote has error classes of its own
        if not (is_here and is_network_error(error)):
            raise
        report(f"WARNING: {name}: offline; the run goes on with the data that is here: {error}")
        return False
    is_new = (root / name).read_bytes() != before
    report(f"{name}: {'changed at its origin' if is_new else 'as before'}")
    return is_new or not is_here


def _update(root: Path, name: str) -> None:
    from dvc.repo import Repo

    with Repo(str(root), _wait_for_lock=True) as repo:
        repo.update([str(root / name)])


def _pull(root: Path, name: str) -> None:
    from dvc.repo import Repo

    with Repo(str(root), _wait_for_lock=True) as repo:
        repo.pull([str(root / name)])


def _patiently(
    work: Callable[[], None], title: str, report: LineCallback, waits_s: tuple[float, ...]
) -> None:
    """Do the work; after an error of the network, again."""
    for wait_s in waits_s:
        try:
            return work()
        except Exception as error:  # each kind of remote has error classes of its own
            if not is_network_error(error):
                raise
            report(f"{title}: {error}; again in {wait_s:.0f} s")
            time.sleep(wait_s)
    return work()
