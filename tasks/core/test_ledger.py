"""Count a reading of the test split in the ledger, which git keeps and no stage declares.

`dvc exp run --queue` runs in a copy of the repository below `.dvc/tmp/exps`. Its readings are
written to the ledger of the repository and to that of the copy, which the experiment commits.
`dvc exp apply` replaces uncommitted changes of the workspace, the ledger too: commit it first.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from tasks.core import paths
from tasks.core.atomic import write_text
from tasks.core.code_commit import ask_git, differs_from_commit
from tasks.core.readings import Reading, read_readings, readings_text

COPIES = Path(".dvc/tmp/exps")  # Source: DVC 3.67, dvc/repo/experiments/utils.py
_CODE = ("tasks", "flows", "dvc.yaml", "params.yaml")


def record_reading(
    model: str, reading: str, decision_sha: str, model_sha: str, films_sha: str
) -> None:
    """Add a reading of the test split to the ledger.

    The same reading of the same films by the same network and decision can tell nothing new: it
    adds no row, so a repeated stage changes no byte.

    Args:
        model: Name of the model.
        reading: What is read, for example the name of the stage.
        decision_sha: `Decision.sha256`, or empty.
        model_sha: `Decision.network_sha256`, or empty.
        films_sha: From `hash_films`, over the test films.

    Raises:
        EvaluationError: The ledger is damaged.
    """
    here = Path.cwd()
    ledgers = [root / paths.TEST_LEDGER for root in (repository_of(here), here)]
    new = Reading(model, reading, model_sha, decision_sha, films_sha, commit="")
    with _only_writer(ledgers[0].parent):
        rows = sorted({row for path in ledgers for row in read_readings(path)}, reverse=True)
        known = {_without_commit(row): row for row in rows}
        if _without_commit(new) not in known:
            known[_without_commit(new)] = replace(new, commit=current_commit())
        for path in set(ledgers):
            _write_if_changed(path, readings_text(known.values()))


def repository_of(folder: Path) -> Path:
    """Root of the repository that a copy of `dvc exp run --queue` was made of.

    Args:
        folder: Root of a copy or of a repository, absolute.

    Example:
        >>> repository_of(Path("/home/a/lungline/.dvc/tmp/exps/tmpx1")).as_posix()
        '/home/a/lungline'
        >>> repository_of(Path("/home/a/lungline")).as_posix()
        '/home/a/lungline'
    """
    for parent in folder.parents:
        if parent.parts[-len(COPIES.parts) :] == COPIES.parts:
            return parent.parents[len(COPIES.parts) - 1]
    return folder


def current_commit() -> str:
    """Hash of the commit, with `+changes` if tracked code or parameters differ; or `no git`."""
    commit = ask_git("rev-parse", "--verify", "HEAD")
    if commit is None:
        return "no git"
    return commit + ("+changes" if differs_from_commit(_CODE, "--untracked-files=no") else "")


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Let one stage at a time change the ledger; the system ends the lock with the process.

    Windows and some network file systems have no such lock: there, no stage waits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # the file system has no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _without_commit(row: Reading) -> Reading:
    return replace(row, commit="")


def _write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)
