"""Commit what a run of the stages has written: dvc.lock, metrics and the test ledger."""

import re
from pathlib import Path

from flows.dag import FlowError
from flows.git_command import run_git

# Files in git that a run writes: imports and locks of DVC, what DVC ignores, metrics, the ledger
_RESULTS = ("dvc.lock", "*/dvc.lock", "*.dvc", ".gitignore", "*/.gitignore", "reports")
_RESULT = re.compile(r"(.*/)?(dvc\.lock|[^/]*\.dvc|\.gitignore)|reports/.*")
_MOST_NAMED = 5


def require_results_only(root: Path) -> None:
    """Check, before a run that will commit, that files in git are as committed but for results.

    Raises:
        FlowError: Another file differs; a version could not name it.
    """
    lines = run_git(root, "status", "--porcelain", "--untracked-files=no").splitlines()
    changed = [line[3:] for line in lines if not _RESULT.fullmatch(line[3:])]
    if changed:
        raise FlowError(
            "A run that publishes starts from a commit: no code and no parameter may differ.",
            found=", ".join(changed[:_MOST_NAMED]),
            where=str(root.absolute()),
            next_step="Commit them (`git add -u && git commit`), or put them away (`git stash`).",
        )


def commit_results(root: Path, message: str) -> str | None:
    """Commit the results in a working tree; other files stay as they are.

    Returns:
        The commit; None if nothing changed.

    Raises:
        FlowError: git does not know who commits, or it fails.
    """
    run_git(root, "add", "--all", "--ignore-errors", "--", *_present(root))
    if not run_git(root, "diff", "--cached", "--name-only"):
        return None
    cure = 'Type `git config user.name "Your Name"` and `git config user.email you@example.org`.'
    run_git(root, "commit", "--quiet", "--no-verify", "--message", message, cure=cure)
    return run_git(root, "rev-parse", "HEAD")


def _present(root: Path) -> list[str]:
    """The patterns that match a file; git refuses to add one that matches none."""
    command = ("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--")
    return [pattern for pattern in _RESULTS if run_git(root, *command, pattern)]
