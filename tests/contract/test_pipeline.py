"""dvc.yaml, params.yaml, tasks/ and tests/ tell one story."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks import paths
from tests.contract.imports import ROOT, rooms, shared_modules_reached

STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMS: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())

# What these say is already in `params:` and `outs:`, or never reaches an artifact.
NOT_DEPENDENCIES = {"__init__", "data_params", "errors", "params", "paths", "stage"}


def test_stage_room_and_section_share_one_word() -> None:
    sections = set(PARAMS) - {"models", "per_model", "compute"}
    assert set(STAGES) == rooms() == sections


@pytest.mark.parametrize("stage", STAGES)
def test_stage_has_a_description_and_a_test(stage: str) -> None:
    assert STAGES[stage]["desc"]
    assert (ROOT / f"tests/stages/test_{stage}.py").exists()


@pytest.mark.parametrize("stage", STAGES)
def test_stage_runs_its_room_in_place_of_the_shell(stage: str) -> None:
    model = " --model ${item.model}" if "matrix" in STAGES[stage] else ""
    assert STAGES[stage]["cmd"] == f"exec python -m tasks.{stage}{model}"


@pytest.mark.parametrize("stage", STAGES)
def test_code_dependencies_are_what_the_room_imports(stage: str) -> None:
    code = {dep for dep in STAGES[stage]["deps"] if dep.startswith("tasks/")}
    reached = shared_modules_reached(stage) - NOT_DEPENDENCIES
    expected = {f"tasks/{stage}"} | {f"tasks/{module}.py" for module in reached}
    if "html" in reached:
        expected.add("tasks/templates")
    assert code == expected


@pytest.mark.parametrize("stage", STAGES)
def test_stage_depends_on_its_own_section(stage: str) -> None:
    assert stage in STAGES[stage]["params"]


def test_outputs_are_the_paths_that_the_code_writes() -> None:
    model = "${item.model}"
    expected = {
        "ingest": {paths.MANIFEST, paths.PAIRS, paths.THUMBNAILS},
        "validate": {paths.VALIDATION_HTML, paths.VALIDATION_JSON},
        "resample": {paths.SAMPLES, paths.EXCLUDED},
        "resize": {paths.IMAGES, paths.RESIZE_JSON, paths.RESIZE_PICTURE},
        "train": {
            paths.model_dir(model),
            paths.augmentation(model),
            paths.training_dir(model) / "metrics.json",
            paths.training_dir(model) / "plots",
        },
        "evaluate": {paths.predictions(model), paths.metrics(model)},
        "explain": {paths.explanations(model)},
        "page": {paths.page(model), paths.summary(model)},
        "report": {paths.INDEX},
    }
    assert {stage: _outputs(definition) for stage, definition in STAGES.items()} == expected


def test_metrics_stay_in_git_and_the_rest_in_the_cache() -> None:
    for definition in STAGES.values():
        for entry in definition.get("metrics", []):
            ((_, options),) = entry.items()
            assert options == {"cache": False}
        for out in definition.get("outs", []):
            assert isinstance(out, str) or out == {"data/images": {"persist": True}}


def test_the_gate_stands_before_the_cohort() -> None:
    assert "reports/validation.json" in STAGES["resample"]["deps"]


def _outputs(definition: dict[str, Any]) -> set[Path]:
    entries = [entry for kind in ("outs", "metrics", "plots") for entry in definition.get(kind, [])]
    return {Path(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries}


def test_no_parameter_has_a_name_that_the_run_cache_ignores() -> None:
    # Source: DVC issue 10296: a changed parameter named so restores the old output
    assert not {"size", "nfiles"} & set(_keys(PARAMS))


def _keys(values: dict[str, Any]) -> list[str]:
    inner = [key for value in values.values() if isinstance(value, dict) for key in _keys(value)]
    return [*values, *inner]
