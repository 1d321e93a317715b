"""Prepare a source once: manifest, samples and images of one size, in a separate folder."""

import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from tasks.core import paths
from tasks.core.errors import ParamsError
from tasks.core.image_store.store import ImageStore
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table

ROOT = Path(__file__).resolve().parents[3]
STAGES = ("ingest", "resample", "resize")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cohort:
    """Films for training and validation; columns as in tasks/core/tables.py."""

    manifest: pd.DataFrame
    samples: pd.DataFrame
    store: ImageStore


def open_cohort(folder: Path) -> Cohort:
    """Read the cohort that `prepare` wrote."""
    return Cohort(
        read_table(MANIFEST_SCHEMA, folder / paths.MANIFEST),
        read_table(SAMPLES_SCHEMA, folder / paths.SAMPLES),
        ImageStore(folder / paths.IMAGES),
    )


def prepare(source: Path, folder: Path, size_px: int) -> None:
    """Run ingest, resample with binary labels, and resize; finished stages are skipped.

    Args:
        source: Source of films, as `ingest.source`.
        folder: Folder of the cohort.
        size_px: Side of the images, in pixels.

    Raises:
        ParamsError: The folder holds a cohort with other settings.
    """
    params = yaml.safe_load((ROOT / paths.PARAMS).read_text("utf-8"))
    params["ingest"]["source"] = str(source.resolve())
    params["resample"]["labels"] = "binary"
    params["resize"]["size_px"] = size_px
    target = folder / paths.PARAMS
    if target.exists():
        _check_same(yaml.safe_load(target.read_text("utf-8")), params, folder)
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(yaml.safe_dump(params), "utf-8")
    done = (paths.MANIFEST, paths.SAMPLES, paths.RESIZE_JSON)  # the last output of each stage
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for stage, written in zip(STAGES, done, strict=True):
        if not (folder / written).exists():
            logger.info("%s ...", stage)
            command = [sys.executable, "-m", f"tasks.{stage}"]
            subprocess.run(command, cwd=folder, env=environment, check=True)


def _check_same(before: dict[str, Any], now: dict[str, Any], folder: Path) -> None:
    differing = [stage for stage in STAGES if before[stage] != now[stage]]
    if differing:
        raise ParamsError(
            "a folder must hold one cohort with one setting",
            found=f"other values of {', '.join(differing)}",
            where=str(folder / paths.PARAMS),
            next_step="name another folder with --work, or delete this one",
        )


def by_subtype(samples: pd.DataFrame, negative: str) -> pd.DataFrame:
    """Replace the label by the subtype; a film without a subtype keeps its label."""
    positive = samples["label"] != negative
    label = samples["subtype"].str.upper().where(positive).fillna(samples["label"])
    codes, _ = pd.factorize(label, sort=True)
    return reweighted(samples.assign(label=label, class_index=codes.astype("int32")))


def reweighted(samples: pd.DataFrame) -> pd.DataFrame:
    """Compute the class weights n / (k * n_class) again, for a changed split or label.

    If all weights are 1, or if films are repeated, the classes are balanced in another way; then
    nothing changes.
    """
    train = samples[samples["split"] == "train"]
    if (samples["n_repeats"] > 1).any() or (samples["sample_weight"] == 1.0).all():
        return samples
    counts = train["label"].value_counts()
    weights = samples["label"].map(len(train) / (len(counts) * counts)).fillna(1.0)
    is_train = samples["split"] == "train"
    return samples.assign(sample_weight=weights.where(is_train, samples["sample_weight"]))
