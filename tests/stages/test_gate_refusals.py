"""What the program `gate` refuses, and what it cannot decide on."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.errors import EvaluationError, GateError, OnnxFileError, TableError
from tests.gate_runs import NEW, USED, decide, decision, gated_samples
from tests.gated_networks import (
    FAIR,
    GOOD,
    released,
    seal_release,
    validated,
)

__all__ = ["gated_samples"]  # a fixture


def test_no_common_film_is_a_refusal(samples):
    released(NEW, samples)
    released(USED, samples.assign(split="train"), FAIR)
    assert "no film is left" in decide()["headline"]
    assert not paths.TEST_LEDGER.exists()


def test_films_of_one_class_are_a_refusal(samples):
    released(NEW, samples)
    seen = samples["label"] == "NORMAL"
    released(USED, samples.assign(split=samples["split"].mask(seen, "train")), FAIR)
    assert "all of one class" in decide()["headline"]


def test_other_classes_are_a_refusal(samples):
    released(NEW, samples)
    released(USED, samples, FAIR, negative_class="PNEUMONIA")
    found = decide()
    assert found["decision"] == "refuse"
    assert "NORMAL, PNEUMONIA (without a finding: PNEUMONIA)" in found["headline"]


def new_warning(_samples: pd.DataFrame) -> None:
    validated(Path(), "few_patients")


def not_passed(_samples: pd.DataFrame) -> None:
    write_json(paths.VALIDATION_JSON, {"passed": False, "expectations": []})


def worse_validation(_samples: pd.DataFrame) -> None:
    seal_release(NEW, validation={"auroc": {"value": 0.87}})


def fewer_films(samples: pd.DataFrame) -> None:
    without(samples, range(3))


def other_mix(samples: pd.DataFrame) -> None:
    without(samples, range(0, 10, 2))


def without(samples: pd.DataFrame, numbers: Iterable[int]) -> None:
    """Take training patients out of the films of the new release."""
    gone = [f"train-{number:03d}" for number in numbers]
    other = released(Path("other"), samples[~samples["patient_id"].isin(gone)])
    paths.release_films(other).replace(paths.release_films(NEW))
    seal_release(NEW)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (new_warning, "few_patients"),
        (not_passed, "data gate"),
        (fewer_films, "fewer films: 34 training films against 40"),
        (other_mix, "another mix of classes"),
        (worse_validation, "its validation is worse"),
    ],
)
def test_a_regression_of_data_or_validation_refuses_a_better_network(samples, change, reason):
    released(NEW, samples)
    released(USED, samples, FAIR)
    assert decide()["decision"] == "promote"
    change(samples)
    found = decide()
    assert found["decision"] == "refuse"
    assert reason in " ".join(found["reasons"])


def test_warnings_that_the_network_in_use_had_too_are_no_regression(samples):
    released(NEW, samples)
    seal_release(released(USED, samples, FAIR), data_warnings=["few_patients"])
    validated(Path(), "few_patients")
    assert decide()["decision"] == "promote"


def test_a_damaged_folder_leaves_no_decision(samples):
    decision(samples, GOOD, FAIR)
    paths.release_films(USED).write_bytes(b"PAR1")
    with pytest.raises(GateError, match="other bytes"):
        decide()
    assert not paths.GATE_JSON.exists()
    assert not paths.GATE_HTML.exists()


@pytest.mark.parametrize("name", ["release.json", "films.parquet", "model.onnx"])
def test_a_missing_file_is_named(samples, name):
    released(NEW, samples)
    (released(USED, samples, FAIR) / name).unlink()
    with pytest.raises(GateError, match=f"no such file\n.*{name}"):
        decide()


def test_an_edited_network_is_found_by_its_seal(samples):
    released(NEW, samples)
    file = paths.release_onnx(released(USED, samples, FAIR))
    file.write_bytes(file.read_bytes().replace(b'"threshold": 0.5', b'"threshold": 0.1'))
    seal_release(USED)
    with pytest.raises((OnnxFileError, EvaluationError), match="seal"):
        decide()


def test_release_json_of_another_form_is_named(samples):
    released(NEW, samples)
    write_json(paths.release_json(released(USED, samples, FAIR)), {"files": {}})
    with pytest.raises(TableError, match="no key model"):
        decide()
