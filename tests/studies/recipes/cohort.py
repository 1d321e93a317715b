"""Prepare the films of a search once, by the stages of the pipeline, in the work folder.

The tables are shared by all recipes. The images are made once for each form: a size, with what a
recipe changes in section `resize`. Films of the split `test` are in no table that is opened here.
"""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.errors import CohortError
from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.params.yaml_file import read_yaml
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, SAMPLES_SCHEMA, read_table
from tasks.resample.external.known_at_home import groups_at_home
from tests.studies.recipes.catalogue import merged
from tests.studies.recipes.work_folder import WorkFolder

ROOT = Path(__file__).resolve().parents[3]
SEEN = ("train", "val")  # the splits that a search may open
_ANEW = "delete this folder (it has no network yet) or name another with --work; then search {}"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FilmSet:
    """Films that networks are judged on.

    image_ids: in the order of the logits. positive, groups: truth and patient of each film.
    """

    image_ids: list[str]
    positive: NDArray[np.bool_]
    groups: pd.Series
    store: ImageStore

    def read(self) -> Pixels:
        """Films, (n, H, W, 1) uint8."""
        return self.store.read(self.image_ids)


@dataclass(frozen=True)
class Cohort:
    """Films of one form for training and validation; columns as in tasks/core/tables.py.

    samples: the splits `train` and `val`. external: the films of each external cohort.
    """

    manifest: pd.DataFrame
    samples: pd.DataFrame
    store: ImageStore
    external: Mapping[str, FilmSet]


def film_set(rows: pd.DataFrame, store: ImageStore, negative: str) -> FilmSet:
    """Films of some rows of a table of samples, ordered by their ids."""
    films = rows.sort_values("image_id", ignore_index=True)
    positive = (films["label"] != negative).to_numpy()
    return FilmSet(films["image_id"].tolist(), positive, films["group_id"], store)


def prepare_films(work: WorkFolder, params: Mapping[str, Any]) -> None:
    """Write the tables of the source and of each external cohort; finished stages are skipped.

    Args:
        work: Folder of the search.
        params: Content of params.yaml.

    Raises:
        CohortError: A stage fails, or a cohort is a gap.
    """
    folder = work.films
    _write_params(folder, params)
    _run_stage(folder, "ingest", paths.MANIFEST)
    _run_stage(folder, "resample", paths.SAMPLES)
    for name in params["evaluate"]["external"]:
        for stage, written in (  # with the last output of each stage
            ("ingest.external", paths.external_source(name)),
            ("validate.external", paths.external_validation_html(name)),
            ("resample.external", paths.external_summary(name)),
        ):
            _run_stage(folder, stage, written, "--cohort", name)
        _check_judged(read_json(folder / paths.external_summary(name)), folder)


def prepare_squares(work: WorkFolder, form: str, params: Mapping[str, Any]) -> None:
    """Write the images of one form, of the source and of each external cohort.

    Args:
        work: Folder of the search, with its tables.
        form: Name of the form.
        params: Content of params.yaml, with the section `resize` of the form.
    """
    folder, cohorts = work.squares(form), list(params["evaluate"]["external"])
    _write_params(folder, params)
    for table in (paths.SAMPLES, *map(paths.external_samples, cohorts)):
        (folder / table).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(work.films / table, folder / table)
    _run_stage(folder, "resize", paths.RESIZE_JSON)
    for name in cohorts:
        _run_stage(folder, "resize.external", paths.external_images(name), "--cohort", name)


def open_cohort(work: WorkFolder, form: str, negative: str) -> Cohort:
    """Open the films of one form, without those of the split `test`.

    Films of an external cohort that the source holds in any split are left out: the stages leave
    out those of `train` and `val`, and nothing may be chosen by those of `test`.

    Raises:
        CohortError: Then no film of an external cohort is left.
    """
    folder = work.squares(form)
    samples = read_table(SAMPLES_SCHEMA, folder / paths.SAMPLES)
    names = read_yaml((folder / paths.PARAMS).read_bytes())["evaluate"]["external"]
    return Cohort(
        read_table(MANIFEST_SCHEMA, work.films / paths.MANIFEST),
        samples[samples["split"].isin(SEEN)].reset_index(drop=True),
        ImageStore(folder / paths.IMAGES),
        {name: _external_films(work, folder, name, negative) for name in names},
    )


def _external_films(work: WorkFolder, folder: Path, name: str, negative: str) -> FilmSet:
    films = read_table(SAMPLES_SCHEMA, folder / paths.external_samples(name))
    manifest = read_table(MANIFEST_SCHEMA, work.films / paths.external_manifest(name))
    pairs = read_table(PAIRS_SCHEMA, work.films / paths.external_pairs(name))
    overlap = read_table(PAIRS_SCHEMA, work.films / paths.external_overlap(name))
    group_of = groups_at_home(manifest, pairs).set_index("path")["group_id"]
    known = set(overlap["path_a"].map(group_of))
    rows = films[~films["path"].map(group_of).isin(known)]
    if rows.empty:
        raise CohortError(
            "an external cohort must have films that are not at home too",
            found=f"{name}: no film is left; {int(group_of.isin(known).sum())} of"
            f" {len(group_of)} were the same as films at home",
            where=str(work.films / paths.external_overlap(name)),
            next_step=_ANEW.format("without this cohort, or with other films of it"),
        )
    counts = rows["label"].value_counts().sort_index()
    kinds = [
        f"{label} {n}{'' if label == negative else ' as a finding'}" for label, n in counts.items()
    ]
    logger.info("external cohort %s: %s", name, ", ".join(kinds))
    return film_set(rows, ImageStore(folder / paths.external_images(name)), negative)


def with_clusters(
    samples: pd.DataFrame, manifest: pd.DataFrame, n_clusters: int, seed: int
) -> pd.DataFrame:
    """Add the acquisition cluster of each training film, which group DRO needs."""
    from tasks.resample.acquisition import acquisition_clusters

    clusters = acquisition_clusters(samples, manifest, n_clusters, seed)
    return samples.merge(clusters, how="left", on="image_id")


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


def from_root(place: str) -> str:
    """A place that params.yaml names, as an absolute path; a URL stays.

    Args:
        place: A path from the root of the repository, an absolute path or a URL.
    """
    return place if "://" in place else str(ROOT / place)


def _write_params(folder: Path, params: Mapping[str, Any]) -> None:
    """Write params.yaml for the stages; their folder is not the root that its paths start at."""
    ingest, reference = params["ingest"], params["validate"]["reference"]
    external = {name: from_root(at) for name, at in params["evaluate"]["external"].items()}
    rooted = {
        "ingest": {key: from_root(ingest[key]) for key in ("source", "corrections")},
        "validate": {"reference": reference and from_root(reference)},
        "evaluate": {"external": external},
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / paths.PARAMS, merged(params, rooted))  # JSON is YAML 1.2


def _run_stage(folder: Path, stage: str, written: Path, *arguments: str) -> None:
    """Run one stage in a folder, unless its last output is there."""
    if (folder / written).exists():
        return
    logger.info("%s %s ...", stage, " ".join(arguments[1:]))
    command = [sys.executable, "-m", f"tasks.{stage}", *arguments]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    if done.returncode:
        raise CohortError(
            "the films of a search must pass the stages of the pipeline",
            found=f"`python -m tasks.{stage}` ended with {done.returncode}; its message is above",
            where=str(folder),
            next_step="correct what it names, and start the search again",
        )


def _check_judged(summary: Mapping[str, Any], folder: Path) -> None:
    if summary["status"] != "judged":
        raise CohortError(
            "an external cohort must have films that a network can be judged on",
            found=f"{summary['name']}: {summary['gap']}",
            where=str(folder / paths.external_summary(summary["name"])),
            next_step=_ANEW.format("with its classes in --classes, or without the cohort"),
        )
