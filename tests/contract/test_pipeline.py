"""dvc.yaml, params.yaml, tasks/ and tests/ agree."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core import paths
from tests.contract.imports import (
    ROOT,
    STAGES,
    file_of,
    holds_docstring_only,
    modules_of,
    reached_from,
    room_of,
    rooms,
)

PARAMS: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())

ZOO_FILE = "tasks/train/zoo/${item.model}.py"  # found by its name, not by an import
PLOTS = ("roc", "precision_recall", "confusion", "calibration")
# Their content is already in `params:` and `outs:`, or it changes no artifact
NOT_DEPENDENCIES = (
    "tasks/core/errors.py",
    "tasks/core/params/",
    "tasks/core/cohort_paths.py",
    "tasks/core/monitor_paths.py",
    "tasks/core/explain_paths.py",
    "tasks/core/gate_paths.py",
    "tasks/core/input_guard/",  # it lets a stage pass or fail
    "tasks/core/params_read.py",  # as params/
    "tasks/core/gate_paths.py",
    "tasks/core/paths.py",
    "tasks/core/release_paths.py",
    "tasks/core/screen_paths.py",
    "tasks/core/stage.py",
    "tasks/core/stale_pages.py",  # it marks pages that DVC then writes again or restores
)
# Folders whose stages reuse what they need not make again
REUSED = [{"data/images": {"persist": True}}, {"data/films": {"persist": True}}]
# Stages that use a file of NOT_DEPENDENCIES for more than their parameters
CLASS_NAME = {"tasks/core/params/class_name.py"}
ALSO_CODE = dict.fromkeys(
    ("ingest", "validate", "ingest-external", "validate-external"), CLASS_NAME
)

# Stages whose outputs depend on files of their room and on no parameter of it
WITHOUT_SECTION = {"train-onnx", "release"}


def test_rooms_and_sections_of_params_have_the_same_names() -> None:
    sections = set(PARAMS) - {"models", "per_model", "compute"}
    assert set(rooms()) == sections


@pytest.mark.parametrize("stage", STAGES)
def test_stage_has_a_description_and_a_test(stage: str) -> None:
    assert STAGES[stage]["desc"]
    assert (ROOT / f"tests/stages/test_{stage.replace('-', '_')}.py").exists()


@pytest.mark.parametrize("stage", STAGES)
def test_stage_runs_its_program_with_exec(stage: str) -> None:
    one_of = " --model ${item.model}" if "matrix" in STAGES[stage] else ""
    if stage.endswith("-external") and not one_of:  # a stage for each external cohort
        one_of = " --cohort ${key}"
    program = stage.replace("-", ".")
    assert STAGES[stage]["cmd"] == f"exec python -m tasks.{program}{one_of}"


@pytest.mark.parametrize("stage", STAGES)
def test_code_dependencies_are_what_the_stage_imports(stage: str) -> None:
    named = [dep for dep in STAGES[stage]["deps"] if dep.startswith("tasks/")]
    covered = {file for dep in named for file in files_of(dep)}
    assert covered - programs_of(stage) == code_behind(stage)


def test_the_phantom_is_a_stage_of_its_own_with_the_files_that_it_imports() -> None:
    """`dvc repro` in the root draws it only for a source inside it, and copies draw their own."""
    folder = ROOT / "tasks/core/phantom"
    ((name, stage),) = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"].items()
    assert (name, folder / stage["wdir"]) == ("phantom", folder / "../../..")
    assert stage["cmd"] == "exec python -m tasks.core.phantom"
    files = {file.relative_to(ROOT).as_posix() for file in reached_from(folder / "__main__.py")}
    assert set(stage["deps"]) == {f for f in files if not f.startswith(NOT_DEPENDENCIES)}
    assert stage["outs"] == [{paths.PHANTOM.as_posix(): {"cache": False, "persist": True}}]


def code_behind(stage: str) -> set[str]:
    """Return the code files that can change the output of a stage, relative to the root."""
    program = f"tasks.{stage.replace('-', '.')}"
    main = file_of(f"{program}.__main__")
    assert main is not None
    files = {file.relative_to(ROOT).as_posix() for file in reached_from(main)}
    code = {file for file in files if not file.startswith(NOT_DEPENDENCIES)}
    code |= ALSO_CODE.get(stage, set())
    if ZOO_FILE in STAGES[stage]["deps"]:
        code |= shared_code_of_the_zoo()
    if any(file.startswith("tasks/core/html/") for file in code):
        code |= files_of("tasks/core/html/templates") | files_of(
            f"tasks/{room_of(stage)}/templates"
        )
    return code


def shared_code_of_the_zoo() -> set[str]:
    """Code that the networks import; the file of each network is a dependency by its name."""
    networks = set(modules_of("tasks/train/zoo"))
    files = {file for network in networks for file in reached_from(network)} - networks
    names = {file.relative_to(ROOT).as_posix() for file in files}
    return {name for name in names if not name.startswith(NOT_DEPENDENCIES)}


def test_no_network_of_the_zoo_imports_another_one() -> None:
    for network in modules_of("tasks/train/zoo"):
        others = {file for file in reached_from(network) if file.parent == network.parent}
        assert others <= {network}


def test_training_depends_on_the_file_of_its_own_network_only() -> None:
    named = [dep for dep in STAGES["train"]["deps"] if dep.startswith("tasks/train/zoo")]
    assert named == [ZOO_FILE]


def files_of(dependency: str) -> set[str]:
    """Return the files of a dependency, except those that hold a docstring only."""
    place = ROOT / dependency
    files = [place] if place.is_file() else [one for one in place.rglob("*") if one.is_file()]
    return {
        file.relative_to(ROOT).as_posix()
        for file in files
        if "__pycache__" not in file.parts
        and not (file.suffix == ".py" and holds_docstring_only(file))
    }


def programs_of(stage: str) -> set[str]:
    """Return the programs in the room of a stage that the stage does not import."""
    return {
        file
        for file in files_of(f"tasks/{room_of(stage)}")
        if '__name__ == "__main__"' in (ROOT / file).read_text(encoding="utf-8")
    } - code_behind(stage)


@pytest.mark.parametrize("stage", STAGES)
def test_stage_depends_on_its_own_section(stage: str) -> None:
    sections = {key.partition(".")[0] for key in STAGES[stage]["params"]}
    assert room_of(stage) in sections or stage in WITHOUT_SECTION


def test_outputs_are_the_paths_of_the_code() -> None:
    model, cohort = "${item.model}", "${key}"
    expected = {
        "ingest": {paths.CORRECTIONS, paths.MANIFEST, paths.PAIRS, paths.THUMBNAILS},
        "validate": {paths.VALIDATION_HTML, paths.VALIDATION_JSON},
        "resample": {paths.SAMPLES, paths.EXCLUDED, paths.ACQUISITION_CLUSTERS},
        "resize": {paths.IMAGES, paths.RESIZE_JSON, paths.RESIZE_PICTURE},
        "train": {
            paths.model_dir(model),
            paths.training_metrics(model),
            paths.training_plots(model),
        },
        "train-augmentation": {paths.augmentation(model)},
        "train-onnx": {paths.onnx_file(model)},
        "evaluate": {
            paths.predictions(model),
            paths.evaluation(model),
            paths.scores(model),
            *(paths.evaluation_plots(model) / f"{plot}.json" for plot in PLOTS),
        },
        "evaluate-baselines": {paths.BASELINES, paths.BASELINE_FILMS},
        "ingest-external": {
            paths.external_manifest(cohort),
            paths.external_pairs(cohort),
            paths.external_overlap(cohort),
            paths.external_source(cohort),
            paths.external_thumbnails(cohort),
        },
        "validate-external": {
            paths.external_validation_html(cohort),
            paths.external_validation_json(cohort),
        },
        "resample-external": {
            paths.external_samples(cohort),
            paths.external_excluded(cohort),
            paths.external_summary(cohort),
        },
        "resize-external": {paths.external_images(cohort)},
        "evaluate-contract": {paths.decision_dir(model)},
        "evaluate-external": {
            paths.external_predictions(model),
            paths.external_evaluation(model),
            paths.metrics(model),
        },
        "evaluate-adapt": {paths.adapted_dir(model), paths.adaptation(model)},
        "evaluate-robustness": {paths.robustness(model)},
        "evaluate-errors": {paths.error_book(model)},
        "evaluate-comparison": {paths.COMPARISON},
        "evaluate-labels": {paths.LABELS_JSON, paths.LABELS_HTML},
        "explain-films": {paths.FILMS},
        "explain": {paths.explanations(model)},
        "page": {paths.page(model), paths.summary(model)},
        "report": {paths.INDEX},
        "report-compliance": {paths.COMPLIANCE},
        "monitor-reference": {paths.MONITOR_REFERENCE},
        "release": {paths.RELEASE},
    }
    assert {stage: _outputs(definition) for stage, definition in STAGES.items()} == expected


def test_metrics_are_in_git_and_other_outputs_in_the_cache() -> None:
    for definition in STAGES.values():
        for entry in definition.get("metrics", []):
            ((_, options),) = entry.items()
            assert options == {"cache": False}
        for out in definition.get("outs", []):
            assert isinstance(out, str) or out in REUSED


def test_resample_runs_after_validate() -> None:
    assert "reports/validation.json" in STAGES["resample"]["deps"]


def _outputs(definition: dict[str, Any]) -> set[Path]:
    entries = [entry for kind in ("outs", "metrics", "plots") for entry in definition.get(kind, [])]
    return {Path(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries}


def test_no_parameter_has_a_name_that_the_run_cache_of_dvc_ignores() -> None:
    # Source: DVC issue 10296: with such a name, a changed parameter restores the old output
    assert not {"size", "nfiles"} & set(_keys(PARAMS))


def _keys(values: dict[str, Any]) -> list[str]:
    inner = [key for value in values.values() if isinstance(value, dict) for key in _keys(value)]
    return [*values, *inner]
