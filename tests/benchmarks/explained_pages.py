"""Explain 48 test films and write the pages, for the networks of params.yaml as they stand.

It needs a finished run (`dvc repro`) in the current folder, whose files it does not change.

Run    python -m tests.benchmarks.explained_pages
"""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from tasks.core import paths

ROOT = Path(__file__).parents[2]
LIMIT_S = 75.0  # for each network: five minutes for four of them
CASES = {"n_shared": 24, "n_per_outcome": 6}  # 48 films if every outcome has six

logger = logging.getLogger("benchmarks")


def pages_vs_limit() -> dict[str, Any]:
    """Divide the limit by the time of explain and page for each network, and of report."""
    models = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))["models"]
    with tempfile.TemporaryDirectory() as folder:
        run = copied_run(Path(folder))
        start_s = time.perf_counter()
        for model in models:
            for stage in ("explain", "page"):
                run_program(f"tasks.{stage}", run, "--model", model)
        run_program("tasks.report", run)
        elapsed_s = time.perf_counter() - start_s
    logger.info("%d networks in %.0f s", len(models), elapsed_s)
    return {
        "ratio": LIMIT_S * len(models) / elapsed_s,
        "against": f"a limit of {LIMIT_S:g} s for each network (here {len(models)}): explain, page"
        " and report with up to 48 explained films, after the other stages",
        "command": "make bench",
    }


def copied_run(folder: Path) -> Path:
    """Copy what the stages read; the explanations and pages of the copy are written anew."""
    for name in ("data", "reports"):
        shutil.copytree(name, folder / name, ignore=shutil.ignore_patterns("phantom", "raw"))
    for name in ("dvc.yaml", "requirements.txt"):
        shutil.copy(name, folder)
    params = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    params["explain"] |= CASES
    (folder / paths.PARAMS).write_text(yaml.safe_dump(params), encoding="utf-8")
    return folder


def run_program(module: str, folder: Path, *arguments: str) -> None:
    """Run a stage in a folder."""
    subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    result = pages_vs_limit()
    logger.info("%.2f times as fast as %s", result["ratio"], result["against"])
    sys.exit(result["ratio"] < 1)
