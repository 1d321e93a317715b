"""Fixtures for the flow: DVC projects in `tmp_path` and one Prefect server for each session."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DVC_YAML = """\
stages:
  prepare:
    cmd: exec python stage.py prepare prepared.txt scale raw.txt
    deps: [raw.txt]
    params: [params.json: [scale]]
    outs: [prepared.txt]
  train:
    matrix:
      model: [a, b]
    cmd: exec python stage.py train@${item.model} ${item.model}.txt rate_${item.model} prepared.txt
    deps: [prepared.txt]
    params: [params.json: ["rate_${item.model}"]]
    outs: ["${item.model}.txt"]
  compare:
    cmd: exec python stage.py compare compared.txt - a.txt b.txt
    deps: [a.txt, b.txt]
    outs: [compared.txt]
"""
STAGE_PY = """\
import json, os, pathlib, sys, time
name, out, param, *sources = sys.argv[1:]
started = time.time()
print(f"{name} reads {sources}", flush=True)
orders = pathlib.Path("orders") / name  # code that the test wants this stage to run first
if orders.exists():
    exec(orders.read_text())
params = json.loads(pathlib.Path("params.json").read_text())
text = str(params.get(param, "")) + "".join(pathlib.Path(s).read_text() for s in sources)
pathlib.Path(out).write_text(text)
with open(f"runs/{name}", "a") as runs:
    runs.write(f"{started} {time.time()}\\n")
"""


LIBRARY_WARNINGS = [
    "ignore:_NoneStep.value will soon raise:DeprecationWarning",  # pygtrie, used by DVC
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore warnings that DVC and Prefect cause in their own libraries."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            for rule in LIBRARY_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(rule))


@dataclass(frozen=True)
class Project:
    """A DVC project: raw.txt -> prepare -> train@a, train@b -> compare."""

    root: Path

    def order(self, stage: str, code: str) -> None:
        """Make a stage run this code first; DVC does not see the change."""
        (self.root / "orders" / stage).write_text(code)

    def withdraw(self, stage: str) -> None:
        (self.root / "orders" / stage).unlink()

    def set_params(self, *, scale: int = 1, rate_a: float = 0.1, rate_b: float = 0.1) -> None:
        params = {"scale": scale, "rate_a": rate_a, "rate_b": rate_b}
        (self.root / "params.json").write_text(json.dumps(params))

    def n_runs(self) -> dict[str, int]:
        """Return how often the command of each stage has finished."""
        return {p.name: len(p.read_text().splitlines()) for p in (self.root / "runs").iterdir()}

    def last_span(self, stage: str) -> tuple[float, float]:
        """Return start and end of the last run of a stage, in seconds since the epoch."""
        began, ended = (self.root / "runs" / stage).read_text().splitlines()[-1].split()
        return float(began), float(ended)

    def dvc(self, *arguments: str) -> str:
        """Run DVC and return what it prints."""
        return subprocess.run(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=self.root,
            env=with_own_python(),
            check=True,
            capture_output=True,
            text=True,
        ).stdout


def with_own_python() -> dict[str, str]:
    """Return this environment with this Python first on PATH."""
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="session", autouse=True)
def hermetic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the settings and caches of the machine, and switch off telemetry."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(("PREFECT_", "DVC_"))]:
            patch.delenv(name)
        for name in ("SITE_CACHE_DIR", "GLOBAL_CONFIG_DIR", "SYSTEM_CONFIG_DIR"):
            patch.setenv(f"DVC_{name}", str(home / name.lower()))
        patch.setenv("DVC_NO_ANALYTICS", "1")
        patch.setenv("DO_NOT_TRACK", "1")
        patch.setenv("PREFECT_HOME", str(home / "prefect"))
        patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        yield


@pytest.fixture(scope="session")
def prefect_api(hermetic: None) -> Iterator[str]:  # noqa: ARG001 - its settings must come first
    """Address of a real Prefect server that runs for the whole session."""
    import flows  # noqa: F401, I001 - it sets the defaults that Prefect reads on import
    from prefect.settings import (
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        get_current_settings,
        temporary_settings,
    )
    from prefect.testing.utilities import prefect_test_harness

    # Joining the heartbeat thread costs 0.9 s for each run
    no_heartbeat = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with prefect_test_harness(server_startup_timeout=120), temporary_settings(no_heartbeat):
        yield str(get_current_settings().api.url)


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path], Project]:
    """Return a function that makes a new project in a folder."""

    def make(root: Path) -> Project:
        from dvc.repo import Repo

        for folder in ("orders", "runs"):
            (root / folder).mkdir(parents=True)
        subprocess.run(["git", "init", "--quiet", str(root)], check=True)
        Repo.init(str(root)).close()
        (root / "raw.txt").write_text("raw\n")
        with Repo(str(root)) as repo:
            repo.add(str(root / "raw.txt"))
        project = Project(root)
        project.set_params()
        (root / "dvc.yaml").write_text(DVC_YAML)
        (root / "stage.py").write_text(STAGE_PY)
        return project

    return make


@pytest.fixture
def project(tmp_path: Path, make_project: Callable[[Path], Project]) -> Project:
    """A new project in which no stage has run."""
    return make_project(tmp_path / "project")
