"""The stage `evaluate-robustness` as `dvc repro` runs it, on networks that look at one part."""

import argparse
import json
import logging
import shutil
from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tasks.core.errors import EvaluationError
from tasks.core.tables import SAMPLES_SCHEMA, write_table
from tasks.evaluate.robustness.disturbances import DISTURBANCES
from tasks.evaluate.robustness.negative_controls import CONTROLS
from tests.blind_networks import draw_parts, mean_of_part, parts
from tests.cohorts import save_with_contract, squares_cohort, store_films

ROOT = Path(__file__).resolve().parents[2]
SIZE_PX = 32
COHORT = squares_cohort({"train": 16, "val": 24, "test": 24})


def set_params(repository: Path, **floors: float) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["evaluate"] |= {"n_bootstrap": 200, "target_sensitivity": 0.9}
    params["evaluate"]["robustness"] |= floors
    (repository / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")


def make_repository(root: Path, model: str) -> Path:
    """Write the inputs of the stage for films whose class shows where the network looks."""
    from tasks.evaluate.contract.__main__ import main as decide

    part = parts(SIZE_PX)[model]
    set_params(root)
    write_table(COHORT, SAMPLES_SCHEMA, root / paths.SAMPLES)
    store_films(root / paths.IMAGES, COHORT, draw_parts(COHORT, part))
    save_with_contract(mean_of_part(part), model, root / paths.model_dir(model))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        decide(argparse.Namespace(model=model))
    return root


def run_here(repository: Path, model: str) -> None:
    from tasks.evaluate.robustness.__main__ import main

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        main(argparse.Namespace(model=model))


def report_in(repository: Path, model: str) -> dict:
    return json.loads((repository / paths.robustness(model)).read_text("utf-8"))


@pytest.fixture(scope="module")
def border(tmp_path_factory) -> Path:
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    repository = make_repository(tmp_path_factory.mktemp("border"), "border")
    run_here(repository, "border")
    return repository


@pytest.fixture(scope="module")
def lungs(border, tmp_path_factory) -> Path:  # noqa: ARG001 - it prepares the backend
    repository = make_repository(tmp_path_factory.mktemp("lungs"), "lungs")
    run_here(repository, "lungs")
    return repository


def test_the_report_has_every_control_and_every_cell(border):
    report = report_in(border, "border")
    assert [row["name"] for row in report["controls"]] == [one.name for one in CONTROLS]
    assert [(cell["disturbance"], cell["strength"], cell["value"]) for cell in report["grid"]] == [
        (one.name, strength, value)
        for one in DISTURBANCES
        for strength, value in enumerate(one.values, start=1)
    ]
    assert len(report["grid"]) == 40
    for cell in report["grid"]:
        assert {"auroc", "loss", "sensitivity", "specificity", "unit"} <= set(cell)
    assert (report["n_images"], report["n_patients"]) == (48, 24)


def test_a_network_that_looks_at_the_border_is_exposed(border):
    report = report_in(border, "border")
    found = {row["name"]: row for row in report["controls"]}
    for name in ("lungs_blanked", "border_only"):
        assert found[name]["auroc"]["value"] == pytest.approx(report["home"]["auroc"]["value"])
        assert found[name]["auroc"]["low"] > 0.5
        assert found[name]["finding"].startswith("It still ranks these films. Part of what it uses")
    assert found["patches_shuffled"]["auroc"]["value"] < report["home"]["auroc"]["value"]


def test_a_network_that_looks_at_the_lungs_falls_to_chance_without_them(lungs):
    report = report_in(lungs, "lungs")
    assert report["home"]["auroc"]["value"] > 0.9
    found = {row["name"]: row for row in report["controls"]}
    for name in ("lungs_blanked", "border_only"):
        assert found[name]["auroc"]["low"] < 0.5 < found[name]["auroc"]["high"]
        assert found[name]["finding"].startswith("Nothing is shown to be left")
    assert found["thumbnail"]["auroc"]["low"] > 0.5  # eight cells still show bright lungs


def test_loss_is_the_auroc_at_home_minus_that_of_the_disturbed_films(lungs):
    report = report_in(lungs, "lungs")
    home = report["home"]["auroc"]["value"]
    for cell in report["grid"]:
        assert cell["loss"]["value"] == pytest.approx(home - cell["auroc"]["value"])


def test_the_reading_of_the_test_films_is_in_the_ledger_once(border):
    before = (border / paths.TEST_LEDGER).read_text("utf-8")
    assert before.count("border,robustness,") == 1
    written = (border / paths.robustness("border")).read_bytes()
    run_here(border, "border")
    assert (border / paths.TEST_LEDGER).read_text("utf-8") == before
    assert (border / paths.robustness("border")).read_bytes() == written


def test_a_broken_floor_fails_the_stage_after_the_report_is_written(border, tmp_path, caplog):
    shutil.copytree(border, tmp_path, dirs_exist_ok=True)
    (tmp_path / paths.robustness("border")).unlink()
    set_params(tmp_path, max_auroc_without_lungs=0.6, min_auroc=0.1)
    with caplog.at_level(logging.INFO), pytest.raises(EvaluationError) as raised:
        run_here(tmp_path, "border")
    assert caplog.messages[-1].startswith("border: AUROC ")
    assert "max_auroc_without_lungs 0.6" in raised.value.rule
    assert raised.value.next_step.startswith("max_auroc_without_lungs: look at the other controls")
    report = report_in(tmp_path, "border")
    assert [floor["passed"] for floor in report["floors"]] == [True, None, False]
    assert report["grid"] == report_in(border, "border")["grid"]


def test_films_of_another_size_are_an_error_and_nothing_is_written(border, tmp_path):
    shutil.copytree(border, tmp_path, dirs_exist_ok=True)
    (tmp_path / paths.robustness("border")).unlink()
    store_films(tmp_path / paths.IMAGES, COHORT, draw_parts(COHORT, parts(16)["border"]))
    with pytest.raises(EvaluationError, match=r"\(16, 16, 1\) uint8, but it takes \(32, 32, 1\)"):
        run_here(tmp_path, "border")
    assert not (tmp_path / paths.robustness("border")).exists()
