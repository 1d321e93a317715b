"""A DVC project of four stages that take a moment each, for tests and benchmarks of the flow."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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


def make_tiny_project(root: Path) -> Project:
    """Make a new project in a folder; no stage has run."""
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
