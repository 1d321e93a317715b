"""A source made ready once: manifest, samples and images of one size, in a folder of its own."""

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
    """Films to train and to judge with; columns as in tasks/core/tables.py."""

    manifest: pd.DataFrame
    samples: pd.DataFrame
    store: ImageStore


def open_cohort(folder: Path) -> Cohort:
    """Read what `prepare` wrote."""
    return Cohort(
        read_table(MANIFEST_SCHEMA, folder / paths.MANIFEST),
        read_table(SAMPLES_SCHEMA, folder / paths.SAMPLES),
        ImageStore(folder / paths.IMAGES),
    )


def prepare(source: Path, folder: Path, size_px: int) -> None:
    """Run the stages up to the images with binary labels; nothing to do if they stand there.

    Args:
        source: As `ingest.source`.
        folder: Where the artifacts go.
        size_px: Side of the images.

    Raises:
        ParamsError: The folder holds a cohort made in another way.
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
    done = (paths.MANIFEST, paths.SAMPLES, paths.RESIZE_JSON)  # the last that each stage writes
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
            "a folder of recipes holds one cohort, made in one way",
            found=f"other values of {', '.join(differing)}",
            where=str(folder / paths.PARAMS),
            next_step="name another folder by --work, or delete this one",
        )


def by_subtype(samples: pd.DataFrame, negative: str) -> pd.DataFrame:
    """The same films and splits with the subtype as label; one without a subtype keeps its own."""
    positive = samples["label"] != negative
    label = samples["subtype"].str.upper().where(positive).fillna(samples["label"])
    codes, _ = pd.factorize(label, sort=True)
    return reweighted(samples.assign(label=label, class_index=codes.astype("int32")))


def reweighted(samples: pd.DataFrame) -> pd.DataFrame:
    """Class weights anew, n / (k * n_class) over the training films, for a changed split or label.

    Films with a weight of 1 each, or repeated ones, are balanced in another way: they stay.
    """
    train = samples[samples["split"] == "train"]
    if (samples["n_repeats"] > 1).any() or (samples["sample_weight"] == 1.0).all():
        return samples
    counts = train["label"].value_counts()
    weights = samples["label"].map(len(train) / (len(counts) * counts)).fillna(1.0)
    is_train = samples["split"] == "train"
    return samples.assign(sample_weight=weights.where(is_train, samples["sample_weight"]))
