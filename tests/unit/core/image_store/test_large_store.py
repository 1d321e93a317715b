"""A store of a million images."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.core.image_store.builder import write_store
from tests.films import ROOT

IDS = ["aa", "bb", "cc"]


def images(n: int = 3, size_px: int = 4) -> NDArray[np.uint8]:
    return np.arange(n * size_px**2, dtype=np.uint8).reshape(n, size_px, size_px)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_store(tmp_path / "images", IDS, 4, images())
    return tmp_path / "images"


N_MANY = 1_000_000
MEASURE = """
import json, resource, sys, time
from pathlib import Path
import numpy as np
from tasks.core.image_store.store import ImageStore

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

ImageStore(Path(sys.argv[2]))  # so that imports are not measured
before_mb = peak_mb()
start_s = time.perf_counter()
store = ImageStore(Path(sys.argv[1]))
open_s = time.perf_counter() - start_s
wanted = json.loads(sys.argv[3])
start_s = time.perf_counter()
rows = store.rows(wanted)
look_up_s = time.perf_counter() - start_s
images = store.take(rows)
print(json.dumps({"open_s": open_s, "look_up_s": look_up_s, "mb": peak_mb() - before_mb,
                  "n": len(store), "rows": rows.tolist(), "grey": images[:, 3, 3].tolist()}))
"""


def many_images(folder: Path) -> list[str]:
    """A store of a million images of 16 px, one grey level each; 330 MB, most of it never read."""
    digests = sorted(f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}" * 4 for number in range(N_MANY))
    write_store(folder, digests, 16, (row % 251 for row in range(N_MANY)))
    return digests


@pytest.mark.slow
def test_a_million_images_open_in_milliseconds_with_little_memory(
    folder: Path, tmp_path: Path
) -> None:
    digests = many_images(tmp_path / "many")
    rows = list(range(0, N_MANY, 99_991))[::-1]
    wanted = json.dumps([digests[row] for row in rows])
    measured = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(tmp_path / "many"), str(folder), wanted],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        measured.append(json.loads(done.stdout))
    for run in measured:
        assert (run["n"], run["rows"]) == (N_MANY, rows)
        assert run["grey"] == [row % 251 for row in rows]
        assert run["mb"] < 16  # the ids take 64 MB and the records 320 MB
    assert min(run["open_s"] for run in measured) < 0.02
    assert min(run["look_up_s"] for run in measured) < 0.02
