"""A git and DVC repository whose only stage is the real `release`, on a network of a few kB."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.champion import ReleaseTags, read_release_tags
from tasks.core.decision.hashes import hash_file
from tests.films import output_of, stage_environment
from tests.git_repository import AUTHOR, git, new_commit
from tests.releasable import MODEL, releasable, write_parts

DVC_YAML = f"""\
stages:
  release:
    cmd: exec python -m tasks.release
    deps:
      - data/contracts/{MODEL}
      - data/models/{MODEL}
      - data/onnx/{MODEL}/model.onnx
      - reports/{MODEL}/metrics.json
    outs:
      - data/classifier
artifacts:
  classifier:
    path: data/classifier
    type: model
"""
IGNORED = "/data/\n/reports/gate.json\n"


def environment() -> dict[str, str]:
    """Return an environment with this Python, an author and this code."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return stage_environment() | AUTHOR | {"PATH": path}


@dataclass(frozen=True)
class ReleasedProject:
    """Commands in a repository of released networks."""

    root: Path

    def release(self, bias: float, auroc: float = 0.9) -> str:
        """Make another network, release it, let the gate pass it; return the commit."""
        write_parts(self.root, bias, auroc)
        self.run("dvc", "repro", "--quiet")
        commit = new_commit(self.root, f"network with the bias {bias}")
        self.decide("promote" if self.tags().champion else "first")
        return commit

    def decide(self, decision: str, **changes: Any) -> None:
        """Write the decision of the gate about the release of now."""
        folder = self.champion()
        champion = None if folder is None else {"release_sha256": identity(folder)}
        values = {"decision": decision, "headline": "By hand.", "reasons": ["by hand"]}
        values |= {"champion": champion}
        values |= {"challenger": {"release_sha256": identity(self.root / paths.RELEASE)}}
        write_json(self.root / paths.GATE_JSON, values | changes)

    def run(self, *command: str) -> str:
        return output_of(list(command), self.root, environment())

    def program(self, name: str, *arguments: str, **variables: str) -> Any:
        """Run `python -m flows.<name>`."""
        return subprocess.run(
            [sys.executable, "-m", f"flows.{name}", *arguments],
            cwd=self.root,
            env=environment() | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def tags(self) -> ReleaseTags:
        return read_release_tags(self.root)

    def champion(self) -> Path | None:
        """Folder of the version in use."""
        version = self.tags().champion
        return None if version is None else self.root / paths.champion_folder(version)


def identity(folder: Path) -> str:
    """Return the hash that tells one release from others."""
    return hash_file(paths.release_json(folder))


def files_in(folder: Path) -> Mapping[str, bytes]:
    """Return the content of each file, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def released_project(root: Path) -> ReleasedProject:
    """Make a repository with one release that has no version yet."""
    root.mkdir()
    releasable(root)
    git(root, "init", "--quiet", "--initial-branch=main")
    project = ReleasedProject(root)
    project.run("dvc", "init", "--quiet")
    (root / "dvc.yaml").write_text(DVC_YAML)
    (root / ".gitignore").write_text(IGNORED)
    project.release(0.0)
    return project
