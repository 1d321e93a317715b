"""Fixtures: a small clone of this repository, in which `make run` runs once per test session."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import absl.logging
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SMALL: dict[str, dict[str, Any]] = {  # 32 px, two epochs, one seed: all stages run in a minute
    "resize": {"size_px": 32},
    "train": {"epochs": 2, "n_seeds": 1},
    "evaluate": {"n_bootstrap": 200},
    "explain": {
        "n_shared": 2,
        "n_per_outcome": 1,
        "n_lime_samples": 50,
        "n_graded": 4,
        "n_maximised": 1,
    },
}
USERS_OF_THE_CLONE = ("tests/contract/test_readme.py", "tests/stages/test_pipeline.py")


def pytest_configure() -> None:
    """Restore Ctrl-C, and let no library close the file that pytest captures stderr with.

    A shell that starts the tests with `&` makes every stage ignore Ctrl-C. TensorFlow's log handler
    keeps the stderr of its import and closes it when Prefect sets up logging, unless it is the real
    one.
    """
    absl.logging.get_absl_handler().python_handler.stream = sys.__stderr__
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run tests that share an expensive fixture in the same process.

    These are the tests of one file, and all files that use the small clone.
    """
    from xdist.scheduler import LoadFileScheduling

    class ByFixture(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "clone" if file in USERS_OF_THE_CLONE else file

    return ByFixture(config, log)


@dataclass(frozen=True)
class Clone:
    """A clone of the working tree, and the environment for its commands."""

    root: Path
    environment: dict[str, str]

    def run(self, command: str, timeout_s: int = 600) -> subprocess.CompletedProcess[str]:
        """Run a command line in the clone; stdout contains stderr too."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def set_params(self, values: dict[str, dict[str, Any]]) -> None:
        """Change some keys of params.yaml."""
        path = self.root / "params.yaml"
        params = yaml.safe_load(path.read_text())
        for section, keys in values.items():
            params[section] |= keys
        path.write_text(yaml.safe_dump(params, sort_keys=False))


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A new git repository with the tracked and new files of this one; no stage has run."""
    return make_clone(tmp_path_factory.mktemp("clone"))


def make_clone(folder: Path) -> Clone:
    """Make a git repository with the tracked and new files of this one, and small parameters."""
    root, home = folder / "lungline", folder / "home"
    home.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    (root / ".venv").symlink_to(sys.prefix)
    made = Clone(root, _environment(home))
    made.set_params(SMALL)
    done = made.run("git init -q . && git add -A && git commit -q -m start")
    assert done.returncode == 0, done.stdout
    return made


@dataclass(frozen=True)
class FirstRun:
    """The output of `make run` in the small clone, and the tracked files that it changed."""

    clone: Clone
    printed: str
    changed: frozenset[str]

    def restore(self) -> None:
        """Restore parameters, metrics and outputs of the first run."""
        done = self.clone.run("git checkout -q . && dvc checkout -q --force")
        assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def first_run(clone: Clone) -> FirstRun:
    """The small clone after its first `make run`."""
    done = clone.run("make run READY=", timeout_s=1800)
    assert done.returncode == 0, done.stdout
    status = clone.run("git status --porcelain").stdout
    kept = clone.run("git add -A && git commit -q -m 'first run'")
    assert kept.returncode == 0, kept.stdout
    return FirstRun(clone, done.stdout, frozenset(line[3:] for line in status.splitlines()))


def _environment(home: Path) -> dict[str, str]:
    """Return an environment with its own home and caches, separate from this machine."""
    # DVC commits experiments with the name in this file, and reads no other
    (home / ".gitconfig").write_text("[user]\n  name = test\n  email = test@example.org\n")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {
        "PATH": path,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(home / "site"),
        "DVC_GLOBAL_CONFIG_DIR": str(home / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "system"),
        "PREFECT_HOME": str(home / "prefect"),
    }
