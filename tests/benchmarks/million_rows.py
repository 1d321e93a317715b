"""Wall time and peak memory of `validate` and `resample` for a million films.

The program writes a synthetic manifest, its pairs and a few thumbnails to FOLDER/data and runs both
stages there. The limits: 3 minutes for both stages on 2 cores, and 2 GB for each.

Run    python -m tests.benchmarks.million_rows FOLDER [--rows 1000000]
"""

import argparse
import hashlib
import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.image_store.builder import write_store
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, write_table
from tests.films import stage_environment, workspace

N_ROWS = 1_000_000
N_THUMBNAILS = 2_000
THUMBNAIL_PX = 64
LIMIT_S = 180.0
LIMIT_BYTES = 2_000_000_000
STAGES = ("validate", "resample")

logger = logging.getLogger("benchmarks")


@dataclass(frozen=True)
class Cost:
    """Wall time and largest resident memory of a stage."""

    stage: str
    exit_code: int
    elapsed_s: float
    peak_bytes: int


def main() -> None:
    """Write the tables, run the stages and log their cost; exit code 1 if a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=N_ROWS)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    write_inputs(arguments.folder, arguments.rows)
    costs = [run_measured(stage, arguments.folder) for stage in STAGES]
    for cost in costs:
        logger.info(
            "%s: %.1f s, %.2f GB, exit code %d",
            cost.stage,
            cost.elapsed_s,
            cost.peak_bytes / 1e9,
            cost.exit_code,
        )
    slow = sum(cost.elapsed_s for cost in costs) > LIMIT_S
    large = any(cost.peak_bytes > LIMIT_BYTES for cost in costs)
    sys.exit(slow or large or any(cost.exit_code for cost in costs))


def write_inputs(folder: Path, n_rows: int) -> None:
    """Write params.yaml, the manifest, the pairs and the thumbnails below `folder`."""
    workspace(folder, ingest={"source": "data/raw"})
    manifest = synthetic_manifest(n_rows)
    write_table(manifest, MANIFEST_SCHEMA, folder / "data/manifest.parquet")
    write_table(synthetic_pairs(manifest), PAIRS_SCHEMA, folder / "data/pairs.parquet")
    shown = sorted(manifest["image_id"].iloc[:N_THUMBNAILS].unique())
    shape = (len(shown), THUMBNAIL_PX, THUMBNAIL_PX)
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    write_store(folder / "data/thumbnails", shown, THUMBNAIL_PX, pixels)


def synthetic_manifest(n_rows: int) -> pd.DataFrame:
    """Make films with Kermany's classes and names, 1.6 per patient; 0.5 % rejected, 0.1 % copies.

    File facts and pixel statistics have the same distribution in all classes: no shortcut exists.
    """
    rng = np.random.default_rng(0)
    kind = rng.choice(["normal", "bacteria", "virus"], n_rows, p=[0.4, 0.35, 0.25])
    patient = rng.integers(0, int(n_rows / 1.6), n_rows)
    in_test = (patient % 10 == 0).astype(bool)
    films = pd.DataFrame({"kind": kind, "patient": patient, "number": np.arange(n_rows)})
    films["given_split"] = np.where(in_test, "test", "train")
    films["label"] = np.where(films["kind"] == "normal", "NORMAL", "PNEUMONIA")
    films["subtype"] = films["kind"].where(films["kind"] != "normal")
    numbers, patients = films["number"].astype("str"), films["patient"].astype("str")
    names = "person" + patients + "_" + films["kind"] + "_" + numbers
    names = names.where(films["kind"] != "normal", "IM-" + patients + "-" + numbers)
    films["path"] = "chest_xray/" + films["given_split"] + "/" + films["label"] + "/" + names
    films["path"] += ".jpeg"
    films["patient_id"] = films["kind"].replace("normal", "IM") + ":" + patients
    films["image_id"] = _digests("bytes", n_rows)
    films["pixel_hash"] = _digests("pixels", n_rows)
    films["perceptual_hash"] = _digests("look", n_rows)
    twin = films.index[films.index % 1000 == 999]
    for column in ("kind", "label", "subtype", "patient_id", "given_split", "pixel_hash"):
        films.loc[twin, column] = films.loc[twin - 1, column].to_numpy()
    films["path"] = films["path"].where(~films.index.isin(twin), _twin_path(films))
    films = films.assign(**_facts(rng, n_rows))
    rejected = films.index[films.index % 200 == 7]
    films.loc[rejected, ["status", "reason"]] = ["rejected", "truncated"]
    return films.sort_values("path", ignore_index=True).reindex(columns=MANIFEST_SCHEMA.names)


def _digests(purpose: str, n_rows: int) -> list[str]:
    return [hashlib.sha256(f"{purpose}{row}".encode()).hexdigest() for row in range(n_rows)]


def _twin_path(films: pd.DataFrame) -> pd.Series:
    """A path of its own in the folder of the film it copies."""
    folder = "chest_xray/" + films["given_split"] + "/" + films["label"]
    return folder + "/copy-" + films["number"].astype("str") + ".jpeg"


def _facts(rng: np.random.Generator, n_rows: int) -> dict[str, Any]:
    """Return columns that have the same distribution for every film."""
    return {
        "width": rng.integers(900, 2200, n_rows),
        "height": rng.integers(800, 1800, n_rows),
        "mode": "L",
        "bit_depth": 8,
        "format": "JPEG",
        "n_bytes": rng.integers(50_000, 900_000, n_rows),
        "layout": "mooney",
        "status": "ok",
        "reason": None,
        "jpeg_quality": rng.integers(70, 97, n_rows),
        "quantisation": rng.choice(_digests("table", 12), n_rows).astype("U16"),
        "is_progressive": rng.random(n_rows) < 0.02,
        "has_icc_profile": rng.random(n_rows) < 0.3,
        "has_exif": rng.random(n_rows) < 0.1,
        "burned_in": None,
        "mean": rng.normal(122, 15, n_rows),
        "contrast": rng.normal(58, 6, n_rows),
        "sharpness": rng.gamma(4, 15, n_rows),
        "noise": rng.gamma(4, 0.5, n_rows),
        "border": rng.gamma(4, 10, n_rows),
        "black_share": rng.beta(2, 40, n_rows),
        "colour": 0.0,
    }


def synthetic_pairs(manifest: pd.DataFrame) -> pd.DataFrame:
    """Return the exact pairs of the manifest, and one near pair for every 2,000 films."""
    films = manifest[manifest["status"] == "ok"]
    first = films.groupby("pixel_hash")["path"].transform("first")
    copy = films["path"] != first
    exact = pd.DataFrame({"path_a": first[copy], "path_b": films["path"][copy], "kind": "exact"})
    every = films["path"].iloc[::2000]
    near = pd.DataFrame({"path_a": every, "path_b": films["path"].shift(-1)[every.index]}).dropna()
    pairs = pd.concat([exact.assign(n_bits=0, correlation=1.0),
                       near.assign(kind="near", n_bits=7, correlation=0.98)])  # fmt: skip
    return pairs.sort_values(["path_a", "path_b"], ignore_index=True)


def run_measured(stage: str, folder: Path) -> Cost:
    """Run a stage as DVC does; its output goes to the terminal."""
    start_s = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", f"tasks.{stage}"], cwd=folder, env=stage_environment()
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    kib = usage.ru_maxrss  # KiB on Linux
    return Cost(stage, process.returncode, time.monotonic() - start_s, kib * 1024)


if __name__ == "__main__":
    main()
