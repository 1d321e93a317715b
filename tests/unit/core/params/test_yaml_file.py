"""params.yaml is read as DVC reads it, and strictly."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core.params import load_params
from tasks.core.params.yaml_file import read_yaml
from tests.unit.core.params.shipped import SHIPPED, changed, error_of, fault_of

SCALARS = [
    "1", "-3", "0", "0o17", "0x1F", "1.5", "-.5", "1e-05", "1e-3", "1.0e+3", "1E3", ".inf", "-.inf",
    "true", "False", "yes", "no", "on", "off", "NO", "null", "~", "", "10:20", "1:20.5", "none",
    "'1'", '"true"', "1.2.3", "0.001,0.0003", "a b", "1_000", "1e", "+5",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("text", SCALARS)
def test_a_value_is_what_dvc_reads(text: str) -> None:
    from dvc.utils.serialize import parse_yaml

    ours, theirs = read_yaml(f"a: {text}".encode()), parse_yaml(f"a: {text}", "params.yaml")
    assert repr(dict(ours)) == repr(dict(theirs))


def shipped_with(tmp_path: Path, line: str, new: str) -> Path:
    """params.yaml with one line of text replaced."""
    text = SHIPPED.read_text(encoding="utf-8")
    assert text.count(f"\n{line}") == 1
    path = tmp_path / "params.yaml"
    path.write_text(text.replace(f"\n{line}", f"\n{new}"), encoding="utf-8")
    return path


@pytest.mark.parametrize("value", ["1e-05", "1.0e-05", "0.00001"])
def test_a_small_number_that_dvc_writes_is_read(tmp_path: Path, value: str) -> None:
    path = shipped_with(tmp_path, "  learning_rate: 0.001", f"  learning_rate: {value}")
    assert load_params(path).train.learning_rate == 0.00001


def test_a_class_called_no_is_text(tmp_path: Path) -> None:
    path = shipped_with(tmp_path, "  negative_class: NORMAL", "  negative_class: NO")
    assert load_params(path).evaluate.negative_class == "NO"


@pytest.mark.parametrize("where", ["top", "inner"])
def test_a_key_that_stands_twice_is_named_with_both_lines(tmp_path: Path, where: str) -> None:
    again = "compute: {}\ntrain:" if where == "top" else "train:\n  learning_rate: 0.1"
    found = fault_of(path := shipped_with(tmp_path, "train:", again))
    lines = path.read_text().splitlines()
    key = "compute" if where == "top" else "learning_rate"
    first, second = (n for n, line in enumerate(lines, 1) if line.strip().startswith(f"{key}:"))
    assert f"the key {key} stands in line {first} and in line {second}" in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: " + "[" * 3000, "more than 20 levels"),
        ("a: " + "{b: " * 3000, "more than 20 levels"),
        ("\n".join(" " * n + "a:" for n in range(500)), "more than 20 levels"),
        ("a: " + "9" * 5000, "a number of 5000 characters"),
        ("a: !!int '" + "9" * 5000 + "'", "a number of 5000 characters"),
        ("a: !!int word", "a number of 4 characters"),
        ("a: !!python/object:os.system x", "could not determine a constructor"),
    ],
)
def test_yaml_that_no_person_writes_gives_a_message(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    found = fault_of(path)
    assert said in found
    assert "line " in found
    assert len(found) < 500


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("train.epochs", True, "a valid integer, not True"),
        ("train.epochs", "3", "a valid integer, not '3'"),
        ("train.epochs", "10:20", "a valid integer, not '10:20'"),
        ("train.epochs", 3.0, "a valid integer, not 3.0"),
        ("train.batch_size", None, "a valid integer"),
        ("train.learning_rate", "fast", "a valid number, not 'fast'"),
        ("train.learning_rate", False, "a valid number, not False"),
        ("train.learning_rate", float("inf"), "not inf"),
        ("resample.keep_given_test", 1, "a valid boolean, not 1"),
        ("resample.keep_given_test", "yes", "a valid boolean, not 'yes'"),
        ("models", "minivggnet", "a valid list, not 'minivggnet'"),
        ("train.precision", "x" * 500, "not "),
        ("train.weights", "film.h5", "weights_sha256 is missing"),
        ("resample.fold", 3, "n_folds must be 0"),
        ("train.augment", [], "valid dictionary"),
    ],
)
def test_a_value_of_another_type_is_named_and_shown(
    tmp_path: Path, key: str, value: Any, said: str
) -> None:
    found = fault_of(changed(tmp_path, key, value))
    assert said in found
    assert "Value error" not in found
    assert len(found) < 600


def test_a_whole_number_may_stand_for_a_float(tmp_path: Path) -> None:
    assert load_params(changed(tmp_path, "ingest.max_colour", 12)).ingest.max_colour == 12.0


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("resample.fold", 3, "tasks/core/params/data.py (ResampleParams)"),
        ("train.freeze_epochs", 2, "tasks/core/params/training.py (StatedTrainParams)"),
        ("train.seed", 2**32 - 1, "tasks/core/params/training.py (StatedTrainParams)"),
    ],
)
def test_a_broken_rule_of_a_section_names_the_class_of_that_section(
    tmp_path: Path, key: str, value: Any, place: str
) -> None:
    error = error_of(changed(tmp_path, key, value))
    assert error.next_step == f"read the keys and ranges in {place}"
    assert error.found.startswith(f"{key.partition('.')[0]}: ")


def test_the_salt_is_never_shown(tmp_path: Path) -> None:
    assert "270915" not in fault_of(changed(tmp_path, "ingest.patient_salt", 270915))


def test_the_salt_of_the_environment_goes_before_that_of_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LUNGLINE_PATIENT_SALT", "")
    assert load_params(SHIPPED).ingest.patient_salt == "lungline"
    monkeypatch.setenv("LUNGLINE_PATIENT_SALT", "270915")
    found = load_params(SHIPPED)
    assert found.ingest.patient_salt == "270915"
    monkeypatch.delenv("LUNGLINE_PATIENT_SALT")
    assert found.resize == load_params(SHIPPED).resize


@pytest.mark.parametrize("text", ["", "[]", "ingest: 3", "ingest: {source: 270916}"])
def test_a_file_of_another_form_is_one_error_without_the_salt_of_the_environment(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUNGLINE_PATIENT_SALT", "270915")
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    assert "270915" not in str(error_of(tmp_path / "params.yaml"))


def test_the_shipped_file_means_the_same_in_yaml_1_1() -> None:
    data = SHIPPED.read_bytes()
    assert read_yaml(data) == yaml.safe_load(data)
