"""What machines exchange: the project as a git commit, films and networks through DVC's remote.

The remote of git holds the commit (`refs/lungline/...`, no branch), that of DVC the outputs and the
run cache. `dvc push --run-cache` sends the notes of the run cache but only those outputs that
dvc.lock names, and none with `cache: false` (measured with DVC 3.67); so `share_stage` sends each
output of a stage.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM

from flows.dag import FlowError
from flows.stage_processes import STOP_GRACE_S


def snapshot(root: Path) -> str:
    """Store the project as it is, dvc.lock included, as a commit on the remote `origin`.

    Nothing of the working tree, the index or a branch changes.

    Raises:
        FlowError: git refuses: for instance there is no remote `origin`.
    """
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        git(root, "read-tree", "HEAD", **index)
        git(root, "add", "--all", **index)
        tree = git(root, "write-tree", **index)
    author = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Lungline"), ("EMAIL", "lungline@localhost"))
    }
    commit = git(root, "commit-tree", "-p", "HEAD", "-m", "Stages to run elsewhere", tree, **author)
    git(root, "push", "--quiet", "origin", f"{commit}:{_ref(commit)}")
    return commit


def take_snapshot(root: Path, commit: str) -> None:
    """Bring a clone to a commit of `snapshot`; what an earlier stage left in it is overwritten."""
    git(root, "fetch", "--quiet", "origin", _ref(commit))
    git(root, "checkout", "--quiet", "--force", "--detach", commit)


def drop_snapshot(root: Path, commit: str) -> None:
    """Remove the commit of `snapshot` from the remote."""
    git(root, "push", "--quiet", "origin", "--delete", _ref(commit))


def share_stage(root: Path, stage: str) -> None:
    """Send all outputs of a stage, and its note in the run cache, to DVC's remote.

    Changes the current folder of this process for that time.

    Raises:
        FlowError: There is no remote, or some outputs did not arrive.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.stage.serialize import to_single_stage_lockfile

    try:
        # DVC takes the path of a stage from the current folder
        with chdir(root), Repo(str(root), _wait_for_lock=True) as repo, repo.lock:
            file, _, name = stage.rpartition(":")
            found = repo.stage.load_one(str(root / (file or "dvc.yaml")), name)
            repo.stage_cache.push(None)
            lock = to_single_stage_lockfile(found)
            cached = repo.stage_cache._create_stage(lock, wdir=found.wdir)
            for outputs in cached.get_used_objs().values():
                if failed := repo.cloud.push(outputs).failed:
                    raise DvcException(f"{len(failed)} of {len(outputs)} files did not arrive")
    except DvcException as error:
        raise FlowError(
            "The outputs of a stage must reach DVC's remote.",
            found=str(error),
            where=f"{stage} in {root}",
            next_step="Check the remote with `dvc remote list` and `dvc push`.",
        ) from error


def git(root: Path, *arguments: str, **env: str) -> str:
    """Run git and return what it prints.

    Raises:
        FlowError: git is missing or refuses.
    """
    settings = {**os.environ, "GIT_TERMINAL_PROMPT": "0", **env}
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, env=settings, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise FlowError(
            "git must carry the project to the other machines.",
            found=(getattr(error, "stderr", None) or str(error)).strip(),
            where=f"git {arguments[0]} in {root}",
            next_step="Set the remote `origin` of each clone to one repository that all may write.",
        ) from error
    return done.stdout.strip()


def run_dvc(root: Path, report: Callable[[str], None], *arguments: str) -> list[str]:
    """Run DVC to its end; return what it printed.

    Args:
        root: Folder that holds `.dvc`.
        report: Function that receives each line at once.
        arguments: Arguments of `dvc`.

    Raises:
        FlowError: DVC failed.
    """
    lines = []
    with _dvc(root, arguments) as process:
        for raw in process.stdout or ():
            line = raw.rstrip()
            if line:
                lines.append(line)
                report(line)
    if process.returncode:
        raise FlowError(
            "DVC must end without a fault.",
            found="; ".join(lines[-5:]) or f"exit status {process.returncode}",
            where=f"dvc {' '.join(arguments)} in {root}",
            next_step="Type the command there and correct what it names.",
        )
    return lines


@contextmanager
def _dvc(root: Path, arguments: tuple[str, ...]) -> Iterator["subprocess.Popen[str]"]:
    """Start DVC in a session of its own; end it with its stage if the block is left early."""
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments],
        cwd=root,
        env={**os.environ, "PATH": here, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
        process.wait()
    finally:
        if process.poll() is None:
            _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_GRACE_S)
        os.killpg(process.pid, SIGKILL)
    process.wait()


def _ref(commit: str) -> str:
    return f"refs/lungline/{commit}"
