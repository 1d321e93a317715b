"""Section `per_model` changes the settings of one model."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core.params import load_params
from tests.unit.core.params.shipped import changed, fault_of


def with_override(
    tmp_path: Path, model: str, changes: dict[str, Any], *, is_trained: bool = True
) -> Path:
    path = changed(tmp_path, "train.epochs", 15)
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    if is_trained:
        values["models"] = [model]
    values["per_model"][model] = changes
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def test_an_override_changes_its_model_only(tmp_path: Path) -> None:
    changes = {"epochs": 3, "augment": {"zoom": 0.3}}
    params = load_params(with_override(tmp_path, "ann", changes))
    ann, other = params.train_of("ann"), params.train_of("minivggnet")
    assert (ann.epochs, ann.augment.zoom) == (3, 0.3)
    assert ann.augment.shift == params.train.augment.shift  # a section is merged key by key
    assert other == params.train
    assert other.epochs == 15


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"epochs": 0}, "ann.epochs: "),
        ({"epoch": 3}, "ann.epoch: Extra inputs"),
        ({"augment": {"zoom": 2}}, "ann.augment.zoom: "),
        ({"weights": "chexnet.h5"}, "weights_sha256 is missing; `sha256sum chexnet.h5`"),
        ({"weights_sha256": "0" * 64}, "weights is none"),
        ({"weights_sha256": "abc"}, "ann.weights_sha256: "),
        ({"freeze_epochs": 2}, "freeze_epochs needs initial weights"),
    ],
)
def test_a_wrong_override_is_named(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    found = fault_of(with_override(tmp_path, "ann", changes))
    assert found.startswith("per_model: ")
    assert fault in found


def test_a_network_that_is_not_trained_may_not_fit_the_settings_of_the_others(
    tmp_path: Path,
) -> None:
    path = with_override(tmp_path, "ann", {"freeze_epochs": 2}, is_trained=False)
    assert load_params(path).train.epochs == 15
    path = with_override(tmp_path, "ann", {"epoch": 3}, is_trained=False)
    assert "ann.epoch: Extra inputs" in fault_of(path)


def test_every_model_needs_a_line_under_per_model(tmp_path: Path) -> None:
    path = changed(tmp_path, "models", ["minivggnet", "vgg16"])
    assert "vgg16 is missing; add `vgg16: {}` if nothing differs" in fault_of(path)


def test_a_fault_in_train_is_not_repeated_for_each_model(tmp_path: Path) -> None:
    assert fault_of(changed(tmp_path, "train.epochs", 0)).count("epochs") == 1
