"""load_params reads params.yaml and names every fault by its dotted key."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from tasks.core.errors import ParamsError
from tasks.core.params import Params, load_params
from tests.films import ROOT
from tests.unit.core.params.shipped import SHIPPED, changed, error_of, fault_of


def test_the_shipped_file_loads() -> None:
    params = load_params(SHIPPED)
    assert params.models[0] == "minivggnet"
    assert params.validate_.min_films >= 1


def keys_of_yaml(values: dict[str, Any], prefix: str = "") -> set[str]:
    keys = set()
    for key, value in values.items():
        is_section = isinstance(value, dict) and key != "per_model"  # model names, no parameters
        inner = keys_of_yaml(value, f"{prefix}{key}.") if is_section else set()
        keys |= inner or {f"{prefix}{key}"}
    return keys


def keys_of_class(section: type[BaseModel], prefix: str = "") -> set[str]:
    keys = set()
    for name, field in section.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        kind = field.annotation
        is_section = isinstance(kind, type) and issubclass(kind, BaseModel)
        keys |= keys_of_class(kind, f"{key}.") if is_section else {key}
    return keys


def test_keys_of_the_shipped_file_are_the_fields_of_the_classes() -> None:
    shipped = keys_of_yaml(yaml.safe_load(SHIPPED.read_text(encoding="utf-8")))
    assert shipped == keys_of_class(Params)


@pytest.mark.parametrize("key", sorted(keys_of_class(Params)))
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    assert f"{key}: Field required" in fault_of(changed(tmp_path, key, ...))


@pytest.mark.parametrize("key", ["ingest.sauce", "train.augment.sparkle", "model"])
def test_an_unknown_key_is_named(tmp_path: Path, key: str) -> None:
    assert f"{key}: Extra inputs" in fault_of(changed(tmp_path, key, 1))


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("ingest.sauce", 1, "tasks/core/params/data.py (IngestParams)"),
        ("validate.min_films", 0, "tasks/core/params/data.py (ValidateParams)"),
        ("compute.n_workers", 0, "tasks/core/params/data.py (ComputeParams)"),
        ("train.sparkle", 1, "tasks/core/params/training.py (StatedTrainParams)"),
        ("train.augment.sparkle", 1, "tasks/core/params/training.py (StatedAugmentParams)"),
        ("per_model.ann", {"sparkle": 1}, "tasks/core/params/training.py (StatedTrainParams)"),
        ("page.n_bins", 1, "tasks/core/params/reporting.py (PageParams)"),
        ("explain", ..., "tasks/core/params/params.py (Params)"),
        ("model", 1, "tasks/core/params/params.py (Params)"),
        ("models", ["../x"], "tasks/core/params/params.py (Params)"),
    ],
)
def test_the_error_names_the_class_of_the_section_and_its_file(
    tmp_path: Path, key: str, value: Any, place: str
) -> None:
    error = error_of(changed(tmp_path, key, value))
    assert error.next_step == f"read the keys and ranges in {place}"
    file, _, name = place.partition(" ")
    assert f"class {name.strip('()')}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_error_names_each_file_once(tmp_path: Path) -> None:
    path = changed(tmp_path, "train.epochs", 0)
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["train"]["sparkle"] = values["report"]["sparkle"] = 1
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    assert error_of(path).next_step == (
        "read the keys and ranges in tasks/core/params/training.py (StatedTrainParams),"
        " tasks/core/params/reporting.py (ReportParams)"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ingest.source", ""),
        ("ingest.layout", "kaggle"),
        ("ingest.min_side_px", 0),
        ("validate.max_rejected_share", 1.0),
        ("validate.max_class_ratio", 0.5),
        ("resample.seed", -1),
        ("resample.seed", 2**32),
        ("resample.test_share", 0.0),
        ("resample.val_share", 1.0),
        ("ingest.near_duplicate_bits", 33),
        ("resample.balance", "smote"),
        ("resize.size_px", 15),
        ("resize.size_px", 1025),
        ("resize.size_px", 64.5),
        ("train.epochs", 0),
        ("train.learning_rate", float("nan")),
        ("train.precision", "float16"),
        ("train.n_seeds", 0),
        ("train.schedule", "step"),
        ("train.average_momentum", 1.0),
        ("train.label_smoothing", 1.0),
        ("train.early_stopping_patience", 0),
        ("train.n_views", 2),
        ("train.augment.rotation_deg", 181),
        ("train.pretraining.method", "simclr"),
        ("train.pretraining.epochs", 0),
        ("train.pretraining.batch_size", 1),
        ("train.pretraining.crop_min_area", 0.0),
        ("evaluate.target_sensitivity", 1),
        ("evaluate.n_bootstrap", 99),
        ("models", []),
    ],
)
def test_a_value_out_of_range_is_named(tmp_path: Path, key: str, value: Any) -> None:
    assert fault_of(changed(tmp_path, key, value)).startswith(f"{key}: ")


def train_changed(tmp_path: Path, balance: str, **train: Any) -> Path:
    values = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    values["resample"]["balance"] = balance
    values["train"] |= train
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


@pytest.mark.parametrize("balance", ["class_weight", "oversample", "undersample"])
def test_two_corrections_for_imbalance_need_combine_remedies(tmp_path: Path, balance: str) -> None:
    found = fault_of(train_changed(tmp_path, balance, loss="focal"))
    assert f"train.loss focal and resample.balance {balance} both correct class imbalance" in found
    combined = train_changed(tmp_path, balance, loss="focal", combine_remedies=True)
    assert load_params(combined).train.loss == "focal"
    alone = train_changed(tmp_path, "none", loss="focal")
    assert load_params(alone).train.loss == "focal"


def test_early_stopping_and_weight_averaging_can_be_switched_off(tmp_path: Path) -> None:
    path = train_changed(tmp_path, "none", early_stopping_patience=None, average_momentum=None)
    assert load_params(path).train.early_stopping_patience is None


def test_a_model_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    twice = changed(tmp_path, "models", ["minivggnet", "minivggnet"])
    assert fault_of(twice).startswith("models: ")
    assert "once" in fault_of(twice)


@pytest.mark.parametrize("name", ["../models", "Mini", "a b", "", "1st"])
def test_a_model_name_that_could_not_be_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    assert fault_of(changed(tmp_path, "models", [name])).startswith("models.0: ")


def test_all_faults_are_listed_together(tmp_path: Path) -> None:
    path = changed(tmp_path, "train.epochs", 0)
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["resize"]["size_px"] = 0
    del values["report"]["title"]
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    found = fault_of(path)
    assert all(key in found for key in ("train.epochs", "resize.size_px", "report.title"))


@pytest.mark.parametrize(
    "data",
    [b"ingest: [1,\ntrain: {", b"a: b: c\n", b"\x00\xff\xfe", b"ingest: \xe9t\xe9\n", b"\t- x"],
    ids=["brackets", "colons", "binary", "latin-1", "tab"],
)
def test_a_file_that_is_not_yaml_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(data)
    assert "\n" not in fault_of(path)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words\n"])
def test_a_file_without_sections_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    assert fault_of(path).startswith("the file: ")


def test_the_error_for_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="repository root"):
        load_params(tmp_path / "params.yaml")


def test_params_cannot_change_after_loading() -> None:
    params = load_params(SHIPPED)
    with pytest.raises(ValidationError, match="frozen"):
        params.train.epochs = 3
