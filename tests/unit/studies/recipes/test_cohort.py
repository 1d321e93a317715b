"""The films of a search are prepared once, and no film of the split `test` is among them."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.errors import CohortError
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, SAMPLES_SCHEMA, write_table
from tests.cohorts import draw_squares, manifest_of, squares_cohort, store_films
from tests.films import ROOT
from tests.studies.recipes import cohort
from tests.studies.recipes.cohort import (
    by_subtype,
    open_cohort,
    prepare_films,
    prepare_squares,
    reweighted,
)
from tests.studies.recipes.work_folder import WorkFolder

LAST = {  # the last output of each stage
    "ingest": paths.MANIFEST,
    "resample": paths.SAMPLES,
    "resize": paths.RESIZE_JSON,
    "ingest.external": paths.external_source("clinic"),
    "validate.external": paths.external_validation_html("clinic"),
    "resample.external": paths.external_summary("clinic"),
    "resize.external": paths.external_images("clinic"),
}
HOME = ["ingest", "resample"]
COHORT = ["ingest.external", "validate.external", "resample.external"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
PARAMS["evaluate"]["external"] = {"clinic": "/films/clinic"}


@pytest.fixture
def started(monkeypatch) -> list[str]:
    """Stages that were started; each is replaced by its last output."""
    names: list[str] = []

    def run(command: list[str], cwd: Path, **_: object) -> SimpleNamespace:
        stage = command[2].removeprefix("tasks.")
        names.append(stage)
        (cwd / LAST[stage]).parent.mkdir(parents=True, exist_ok=True)
        write_json(cwd / LAST[stage], {"name": "clinic", "status": "judged"})
        if stage == "resample.external":
            (cwd / paths.external_samples("clinic")).touch()
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(cohort.subprocess, "run", run)
    return names


def test_finished_stages_are_skipped_and_each_form_has_its_images(tmp_path, started):
    work = WorkFolder(tmp_path)
    prepare_films(work, PARAMS)
    assert started == HOME + COHORT
    prepare_squares(work, "64px", PARAMS)
    prepare_squares(work, "96px", PARAMS)
    assert started[5:] == ["resize", "resize.external"] * 2
    prepare_films(work, PARAMS)
    prepare_squares(work, "64px", PARAMS)
    assert len(started) == 9
    (work.squares("64px") / paths.RESIZE_JSON).unlink()
    prepare_squares(work, "64px", PARAMS)
    assert started[9:] == ["resize"]


def test_a_stage_that_fails_ends_the_search(tmp_path, monkeypatch):
    monkeypatch.setattr(cohort.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    with pytest.raises(CohortError, match=r"`python -m tasks\.ingest` ended with 1"):
        prepare_films(WorkFolder(tmp_path), PARAMS)


def test_a_cohort_that_cannot_be_judged_is_named(tmp_path, started, monkeypatch):
    gap = {"name": "clinic", "status": "gap", "gap": "no label"}
    monkeypatch.setattr(cohort, "read_json", lambda _: gap)
    with pytest.raises(CohortError, match="clinic: no label"):
        prepare_films(WorkFolder(tmp_path), PARAMS)
    assert started == HOME + COHORT


@pytest.fixture
def prepared(tmp_path) -> WorkFolder:
    """A search with an external cohort `clinic` of four films, two of which are at home too."""
    work, samples = WorkFolder(tmp_path), squares_cohort({"train": 4, "val": 2})
    abroad = squares_cohort({"test": 2})
    abroad["split"] = "test"
    squares = work.squares("32px")
    write_json(squares / paths.PARAMS, {"evaluate": {"external": {"clinic": "/films/clinic"}}})
    write_table(samples, SAMPLES_SCHEMA, squares / paths.SAMPLES)
    store_films(squares / paths.IMAGES, samples, draw_squares(samples, 32))
    write_table(abroad, SAMPLES_SCHEMA, squares / paths.external_samples("clinic"))
    store_films(squares / paths.external_images("clinic"), abroad, draw_squares(abroad, 32))
    write_table(manifest_of(samples), MANIFEST_SCHEMA, work.films / paths.MANIFEST)
    of_clinic = work.films / paths.external_manifest("clinic")
    write_table(manifest_of(abroad), MANIFEST_SCHEMA, of_clinic)
    write_pairs(work.films / paths.external_pairs("clinic"), [])
    write_pairs(work.films / paths.external_overlap("clinic"), abroad["path"][:2])
    return work


def write_pairs(path: Path, films: Iterable[str]) -> None:
    rows = [(film, film, "exact", 0, 1.0) for film in films]
    write_table(pd.DataFrame(rows, columns=PAIRS_SCHEMA.names), PAIRS_SCHEMA, path)


def test_films_that_are_at_home_too_are_left_out(prepared):
    films = open_cohort(prepared, "32px", "NORMAL").external["clinic"]
    assert films.image_ids == ["test-001-0", "test-001-1"]


def test_a_cohort_whose_films_are_all_at_home_is_refused_by_name(prepared):
    every = squares_cohort({"test": 2})["path"]
    write_pairs(prepared.films / paths.external_overlap("clinic"), every)
    with pytest.raises(CohortError, match="clinic: no film is left; 4 of 4 were the same") as error:
        open_cohort(prepared, "32px", "NORMAL")
    assert "without this cohort" in error.value.next_step


def test_subtypes_become_classes_with_new_weights():
    samples = squares_cohort({"train": 8, "val": 4})
    positive = samples["label"] == "PNEUMONIA"
    samples["subtype"] = (samples["patient_id"].str[-1] == "1").map(
        {True: "virus", False: "bacteria"}
    )
    samples.loc[~positive, "subtype"] = None
    samples["sample_weight"] = np.where(samples["split"] == "train", 2.0, 1.0)  # any class weight
    found = by_subtype(samples, "NORMAL")
    assert sorted(found["label"].unique()) == ["BACTERIA", "NORMAL", "VIRUS"]
    assert dict(zip(found["label"], found["class_index"], strict=True)) == {
        "BACTERIA": 0,
        "NORMAL": 1,
        "VIRUS": 2,
    }
    train = found[found["split"] == "train"]
    # 16 training films: patients 0, 2, 4, 6 normal, 1 virus, 3, 5, 7 bacteria; two films each
    weights = dict(zip(train["label"], train["sample_weight"], strict=True))
    assert weights == pytest.approx({"NORMAL": 16 / 24, "VIRUS": 16 / 6, "BACTERIA": 16 / 18})
    assert (found.loc[found["split"] == "val", "sample_weight"] == 1.0).all()


def test_films_without_class_weights_get_none():
    samples = squares_cohort({"train": 5, "val": 4})
    assert reweighted(samples)["sample_weight"].eq(1.0).all()
