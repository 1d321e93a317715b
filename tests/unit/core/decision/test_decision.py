"""Whoever changes a decision, its network or its novelty reference is found out."""

import json
from dataclasses import replace

import pytest

from tasks.core.decision.decision import decision_from, read_decision, require_seal
from tasks.core.decision.hashes import hash_file, hash_json
from tasks.core.decision.novelty_score import load_novelty
from tasks.core.decision.threshold_choice import ThresholdChoice
from tasks.core.errors import EvaluationError
from tasks.evaluate.contract.decision_files import write_decision
from tests.decisions import novelty_reference

CONTENTS = {
    "model": "ann",
    "classes": ["NORMAL", "PNEUMONIA"],
    "negative_class": "NORMAL",
    "calibration": {
        **{"method": "temperature", "parameters": {"temperature": 2.0}},
        **{"fitted_on": "validation", "chosen_by": "by hand", "candidates": []},
    },
    "operating_points": [
        {
            **{"name": "half", "threshold": 0.5, "rule": "fixed at 0.5"},
            **{"sensitivity": 0.9, "specificity": 0.8},
        }
    ],
    "operating_point": "half",
    "conformal": {"coverage": 0.9, "quantiles": [0.4, None], "n_films": [40, 3]},
    "validation": {"films_sha256": "v" * 64, "n_images": 9, "n_patients": 5},
}
RATE = {"value": 0.9, "low": 0.8, "high": 0.95}
CONDITION = {"name": "darker", "sensitivity": RATE, "specificity": RATE}
CHOICE = {"rule": "conditions_mean", "conditions": [CONDITION]}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Folder of a sealed contract, in the working folder."""
    monkeypatch.chdir(tmp_path)
    network = tmp_path / "data/models/ann/model.keras"
    network.parent.mkdir(parents=True)
    network.write_bytes(b"network")
    facts = {"sha256": hash_file(network), "size_px": 16, "precision": "float32", "input": {}}
    write_decision(CONTENTS | {"network": facts}, novelty_reference())
    return tmp_path / "data/contracts/ann"


def change(folder, key, value, *, seal: bool = False) -> None:
    """Change one value of the contract; with `seal`, write the new hash too."""
    path = folder / "contract.json"
    values = json.loads(path.read_text()) | {key: value}
    if seal:
        values["sha256"] = hash_json({k: v for k, v in values.items() if k != "sha256"})
    path.write_text(json.dumps(values))


def test_an_untouched_contract_is_read_whatever_its_spaces(folder):
    assert read_decision("ann").threshold == 0.5
    values = json.loads((folder / "contract.json").read_text())
    (folder / "contract.json").write_text(json.dumps(values, indent=7))
    assert read_decision("ann").sha256 == values["sha256"]


def test_the_films_that_chose_the_threshold_are_read_and_were_validation_in_old_contracts(folder):
    assert read_decision("ann").threshold_choice == ThresholdChoice("validation", ())
    change(folder, "threshold_on", CHOICE, seal=True)
    choice = read_decision("ann").threshold_choice
    assert (choice.rule, choice.as_dict()) == ("conditions_mean", CHOICE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("operating_point", "youden"),
        ("threshold_on", CHOICE),
        ("negative_class", "PNEUMONIA"),
        ("classes", ["PNEUMONIA", "NORMAL"]),
        ("operating_points", [CONTENTS["operating_points"][0] | {"threshold": 0.4999999}]),
        ("calibration", CONTENTS["calibration"] | {"parameters": {"temperature": 2.1}}),
        ("conformal", {"coverage": 0.8, "quantiles": [0.4, None], "n_films": [40, 3]}),
        ("validation", {"films_sha256": "w" * 64, "n_images": 9, "n_patients": 5}),
        ("added", 1),
        ("sha256", "0" * 64),
    ],
)
def test_a_changed_value_is_found(folder, key, value):
    change(folder, key, value)
    with pytest.raises(EvaluationError) as raised:
        read_decision("ann")
    text = str(raised.value)
    assert "must be complete, unchanged" in text
    assert "but the hash" in text
    assert "where: data/contracts/ann/contract.json" in text
    assert "next:  run `dvc repro`" in text


def test_another_network_is_found(folder):
    (folder.parents[1] / "models/ann/model.keras").write_bytes(b"another")
    with pytest.raises(EvaluationError, match=r"says (.|\n)*data/models/ann/model\.keras"):
        read_decision("ann")


def test_another_novelty_reference_is_found(folder):
    with (folder / "novelty.npz").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(EvaluationError, match=r"says (.|\n)*data/contracts/ann/novelty\.npz"):
        read_decision("ann")


@pytest.mark.parametrize(
    "name",
    ["contracts/ann/contract.json", "contracts/ann/novelty.npz", "models/ann/model.keras"],
)
def test_a_missing_file_is_named(folder, name):
    (folder.parents[1] / name).unlink()
    with pytest.raises(EvaluationError, match=rf"no such file\n  where: data/{name}"):
        read_decision("ann")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"sha256": 1, "a": NaN}', "[" * 20_000, "\xff"]
)
def test_a_damaged_file_is_an_error(folder, text):
    (folder / "contract.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(EvaluationError, match=r"where: data/contracts/ann/contract\.json"):
        read_decision("ann")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model", "twin5"),
        ("operating_point", "unknown"),
        ("operating_point", None),
        ("operating_points", [{"name": "half"}]),
        ("calibration", {"method": "beta"}),
        ("network", None),
        ("classes", 3),
        ("negative_class", "HEALTHY"),
        ("operating_points", [CONTENTS["operating_points"][0] | {"threshold": "0.5"}]),
        ("conformal", {"coverage": 0.9, "quantiles": [0.4], "n_films": [40]}),
        ("calibration", CONTENTS["calibration"] | {"parameters": {"temperature": 0}}),
        ("classes", ["NORMAL"]),
        ("classes", ["NORMAL", "NORMAL"]),
        ("classes", ["NORMAL", 3]),
        ("calibration", CONTENTS["calibration"] | {"parameters": {"temperature": 10**400}}),
        ("threshold_on", {}),
        ("threshold_on", {"rule": "test", "conditions": []}),
        ("threshold_on", CHOICE | {"conditions": [{"name": "darker"}]}),
        ("threshold_on", CHOICE | {"conditions": [CONDITION | {"sensitivity": 0.9}]}),
        ("threshold_on", CHOICE | {"conditions": [CONDITION | {"specificity": RATE | {"low": 2}}]}),
    ],
)
def test_a_sealed_contract_of_another_form_is_an_error(folder, key, value):
    change(folder, key, value, seal=True)
    with pytest.raises(EvaluationError, match=r"where: data/contracts/ann/contract\.json"):
        read_decision("ann")


def test_a_decision_is_made_of_values_in_memory(folder):
    values = json.loads((folder / "contract.json").read_text())
    require_seal(values, "model.onnx")
    made = decision_from(values, load_novelty(folder / "novelty.npz"), "model.onnx")
    read = read_decision("ann")
    assert replace(made, novelty=read.novelty) == read


@pytest.mark.parametrize("values", [None, [], {}, {"sha256": "0" * 64}, {"sha256": 1, "a": 1e999}])
def test_values_without_a_right_seal_are_refused(values):
    with pytest.raises(EvaluationError, match=r"where: model\.onnx"):
        require_seal(values, "model.onnx")


def test_values_of_another_form_name_where_they_were():
    with pytest.raises(EvaluationError, match=r"KeyError(.|\n)*where: model\.onnx"):
        decision_from({"model": "ann"}, novelty_reference(), "model.onnx")
