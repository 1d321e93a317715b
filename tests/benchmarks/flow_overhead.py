"""What the flow costs over `dvc repro`, and what side-by-side stages save, on small networks.

The cost is a number of seconds for each stage, so a small project shows it as well as a large one.
The flow runs without a Prefect server.

Run    python -m tests.benchmarks flow_nothing_changed flow_all_stages flow_three_models
"""

import logging
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.flows.tiny_project import make_tiny_project, with_own_python

ROOT = Path(__file__).resolve().parents[2]
N_ROUNDS = 3
OVERHEAD_LIMIT_S = 3.0
OVERHEAD_LIMIT = 0.05
STAGE_S = 15.0  # a stage of the phantom run takes 15 s in the mean
FLOW = [sys.executable, "-m", "flows.retrain"]
STAGES = """\
stages:
  train:
    matrix:
      model: [first, second, third]
    cmd: exec python fit.py ${item.model}
    deps: [fit.py]
    outs: ["${item.model}.txt"]
"""
# A network of 64 hidden units, fitted on one core, as TensorFlow's small networks mostly are
FIT = """\
import os, sys
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
import numpy as np
seed = sum(map(ord, sys.argv[1]))
rng = np.random.default_rng(seed)
x = rng.normal(size=(2000, 256)); y = (x[:, 0] > 0) * 1.0
w, v = rng.normal(size=(256, 64)) * 0.05, rng.normal(size=64) * 0.05
for _ in range(300):
    h = np.maximum(x @ w, 0); p = 1 / (1 + np.exp(-h @ v)); d = (p - y) / len(y)
    w -= x.T @ (np.outer(d, v) * (h > 0)); v -= h.T @ d
open(f"{sys.argv[1]}.txt", "w").write(f"{np.abs(w).sum():.6f}")
"""

logger = logging.getLogger("benchmarks")


def elapsed_s(root: Path, command: list[str]) -> float:
    """Return the wall time of a command that brings a project up to date."""
    kept = {k: v for k, v in with_own_python().items() if not k.startswith("PREFECT_API")}
    start_s = time.monotonic()
    subprocess.run(
        command,
        cwd=root,
        env=kept | {"PYTHONPATH": str(ROOT), "DVC_NO_ANALYTICS": "1"},
        check=True,
        capture_output=True,
    )
    return time.monotonic() - start_s


def rounds(make: Callable[[Path], object], *, warm: bool) -> list[tuple[float, float]]:
    """Return pairs of wall times, `dvc repro` and the flow, each on a project of its own.

    Args:
        make: Function that makes the project in a folder.
        warm: Whether all stages are up to date before the time is taken.
    """
    repro = [sys.executable, "-m", "dvc", "repro"]
    pairs = []
    for _ in range(N_ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            roots = [Path(name, kind) for kind in ("serial", "flow")]
            times = []
            for root, program in zip(roots, (repro, FLOW), strict=True):
                make(root)
                if warm:
                    elapsed_s(root, repro)
                times.append(elapsed_s(root, program))
            serial, side_by_side = ((root / "dvc.lock").read_bytes() for root in roots)
        if serial != side_by_side:
            raise AssertionError("the flow writes another dvc.lock than `dvc repro`")
        pairs.append((times[0], times[1]))
        logger.info("dvc repro %.2f s, flow %.2f s", *pairs[-1])
    return pairs


def nothing_changed() -> dict[str, Any]:
    """Divide the limit by what the flow takes longer than `dvc repro` when nothing changed."""
    pairs = rounds(make_tiny_project, warm=True)
    more_s = statistics.median(flow_s - repro_s for repro_s, flow_s in pairs)
    return {
        "ratio": OVERHEAD_LIMIT_S / max(more_s, 0.01),
        "against": f"a limit of {OVERHEAD_LIMIT_S:g} s over `dvc repro` when nothing changed",
        "command": "make bench",
    }


def all_stages() -> dict[str, Any]:
    """Divide the time of `dvc repro`, with the allowed overhead, by that of the flow."""
    pairs = rounds(_slow_project, warm=False)
    share = statistics.median(repro_s / flow_s for repro_s, flow_s in pairs)
    return {
        "ratio": share * (1 + OVERHEAD_LIMIT),
        "against": f"`dvc repro` plus {OVERHEAD_LIMIT:.0%}, three stages of {STAGE_S:g} s in a row",
        "command": "make bench",
    }


def three_models() -> dict[str, Any]:
    """Divide the time of `dvc repro` by that of the flow for three networks; same dvc.lock."""
    pairs = rounds(_three_models, warm=False)
    return {
        "ratio": statistics.median(repro_s / flow_s for repro_s, flow_s in pairs),
        "against": "serial `dvc repro` for three independent networks; the flow fits two at a time",
        "command": "make bench",
    }


def _slow_project(root: Path) -> None:
    """The tiny project in a row: no stage waits for the end of another one beside it."""
    project = make_tiny_project(root)
    text = (root / "dvc.yaml").read_text().replace("[a, b]", "[a]").replace("a.txt, b.txt", "a.txt")
    (root / "dvc.yaml").write_text(text.replace("- a.txt b.txt", "- a.txt"))
    for stage in ("prepare", "train@a", "compare"):
        project.order(stage, f"time.sleep({STAGE_S})")


def _three_models(root: Path) -> None:
    make_tiny_project(root)
    (root / "raw.txt.dvc").unlink()
    (root / "dvc.yaml").write_text(STAGES)
    (root / "fit.py").write_text(FIT)


ENTRIES: dict[str, Callable[[], dict[str, Any]]] = {
    "flow_nothing_changed": nothing_changed,
    "flow_all_stages": all_stages,
    "flow_three_models": three_models,
}
