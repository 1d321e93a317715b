"""Two clones of one commit, and the surroundings in which each runs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from flows.dag import FlowError
from flows.git_command import run_git
from tasks.core import paths

PHANTOM_PIPELINE = Path("tasks/core/phantom/dvc.yaml")
_N_FILMS = 48  # fewest with which every stage has films of both classes to work on
_LAST_LINES = 15  # of a failed run
_SMALL: dict[str, dict[str, Any]] = {
    "validate": {"min_films": 10, "min_class_films": 2, "min_class_patients": 2},
    "resize": {"size_px": 32},
    "train": {"epochs": 1, "n_seeds": 1},
    "evaluate": {"n_bootstrap": 100},
    "explain": {"n_shared": 2, "n_per_outcome": 1, "n_lime_samples": 50, "n_graded": 4,
                "n_maximised": 1},
}  # fmt: skip
# The clones need the same commit, because pages name it
_COMMITTER = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "verify"),
        ("EMAIL", "verify@example.org"),
        ("DATE", "2000-01-01T00:00:00Z"),
    )
}
_REVERSE_ORDER = '''"""List every folder in the other order; each Python process imports this."""
import os
_listdir, _scandir = os.listdir, os.scandir

class _Reversed(list):
    def __enter__(self):
        self._place = iter(self)
        return self
    def __exit__(self, *_):
        self.close()
    def __next__(self):
        return next(self._place)
    def close(self):
        pass

def listdir(path="."):
    return sorted(_listdir(path), reverse=True)

def scandir(path="."):
    with _scandir(path) as entries:
        return _Reversed(sorted(entries, key=lambda entry: entry.name, reverse=True))

os.listdir, os.scandir = listdir, scandir
'''


@dataclass(frozen=True)
class Surroundings:
    """What must not matter. told: in words. commands: in this order. n_cores: None for all."""

    told: str
    commands: tuple[tuple[str, ...], ...]
    n_workers: int
    n_cores: int | None
    umask: int
    variables: dict[str, str]
    reverses_folders: bool


_REPRO = (sys.executable, "-m", "dvc", "repro")
# The flow ends with the gate, whose reading of the test films the pages show
_GATE = (sys.executable, "-m", "tasks.gate", "--challenger", str(paths.RELEASE))

DIFFERENT = (
    Surroundings(
        "the flow, 1 worker, all cores, C.UTF-8, UTC, umask 022, hash seed 0",
        ((sys.executable, "-m", "flows.retrain", "--max-workers", "2"),),
        n_workers=1,
        n_cores=None,
        umask=0o022,
        variables={"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"},
        reverses_folders=False,
    ),
    Surroundings(
        "dvc repro and gate, 3 workers, 1 core, C, Kathmandu, umask 027, hash seed 4242, folders "
        "reversed",
        (_REPRO, _GATE, _REPRO),
        n_workers=3,
        n_cores=1,
        umask=0o027,
        variables={"LC_ALL": "C", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "4242"},
        reverses_folders=True,
    ),
)


def make_clones(root: Path, folder: Path, *, is_small: bool) -> list[Path]:
    """Clone the last commit of a repository twice, with other numbers of workers.

    Without the tags no version is in use, so both runs end with the first decision of a gate.

    Args:
        root: The repository.
        folder: New folder for the clones.
        is_small: Whether to commit settings that need a few minutes, and few synthetic films.

    Raises:
        FlowError: `root` is no git repository with a commit, or `folder` holds something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FlowError(
            "The clones need a new folder.",
            found="a folder with files",
            where=str(folder),
            next_step="Name another folder with `--folder`, or delete this one.",
        )
    clones = [folder / "first", folder / "a second one" / "second"]
    for clone, surroundings in zip(clones, DIFFERENT, strict=True):
        clone.parent.mkdir(parents=True, exist_ok=True)
        run_git(root, "clone", "--quiet", "--no-hardlinks", "--no-tags", str(root), str(clone))
        if is_small:
            _change_params(clone, _SMALL)
            _draw_few_films(clone)
            message = "Few films, few epochs"
            run_git(clone, "commit", "--quiet", "--all", "--message", message, env=_COMMITTER)
        _change_params(clone, {"compute": {"n_workers": surroundings.n_workers}})
    return clones


def _change_params(clone: Path, changes: dict[str, dict[str, Any]]) -> None:
    path = clone / paths.PARAMS
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    for section, keys in changes.items():
        values[section] |= keys
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def _draw_few_films(clone: Path) -> None:
    path = clone / PHANTOM_PIPELINE
    command = "exec python -m tasks.core.phantom"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(command, f"{command} --films {_N_FILMS}"), encoding="utf-8")


def run_clone(clone: Path, surroundings: Surroundings) -> None:
    """Run all stages of a clone, with a home and DVC caches of its own.

    Args:
        clone: From `make_clones`.
        surroundings: Those of this clone.

    Raises:
        FlowError: The run failed; the message has its last lines.
    """
    home = clone.with_name(f"{clone.name}-home")
    home.mkdir()
    log = home / "run.log"
    environment = _environment(home, surroundings)
    for command in surroundings.commands:
        with log.open("ab") as output:
            done = subprocess.run(
                [*_on_cores(surroundings.n_cores), *command],
                cwd=clone,
                env=environment,
                umask=surroundings.umask,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode != 0:
            raise _failed_run(clone, log, command, done.returncode)


def _failed_run(clone: Path, log: Path, command: Sequence[str], code: int) -> FlowError:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
    return FlowError(
        "Both runs must end well.",
        found=f"`{' '.join(command[1:])}`: exit code {code}: " + " | ".join(lines),
        where=f"{clone}; the whole log is {log}",
        next_step="Run the command there, and correct what it names.",
    )


def _on_cores(n_cores: int | None) -> Sequence[str]:
    """`taskset` exists on Linux only; elsewhere both runs use all cores."""
    if n_cores is None or shutil.which("taskset") is None:
        return ()
    first = min(os.sched_getaffinity(0))
    return ("taskset", "--cpu-list", f"{first}-{first + n_cores - 1}")


def _environment(home: Path, surroundings: Surroundings) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("SSL_CERT_FILE",) if name in os.environ}
    search = []
    if surroundings.reverses_folders:
        (home / "site").mkdir()
        (home / "site" / "sitecustomize.py").write_text(_REVERSE_ORDER, encoding="utf-8")
        search = [str(home / "site")]
    own = {f"DVC_{name}_DIR": str(home / name.lower())
           for name in ("SITE_CACHE", "GLOBAL_CONFIG", "SYSTEM_CONFIG")}  # fmt: skip
    return {
        **kept,
        **own,
        **surroundings.variables,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(search),
        "HOME": str(home),
        "DVC_NO_ANALYTICS": "1",
    }
