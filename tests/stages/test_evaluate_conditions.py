"""The stage `evaluate-contract` where conditions of the validation films choose the threshold."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.core import paths
from tasks.core.classifier import load_classifier, predict_logits
from tasks.core.decision.decision import Decision, read_decision
from tasks.core.decision.threshold_choice import UNCHANGED
from tasks.core.image_store.store import ImageStore
from tasks.evaluate.contract.conditions import CHANGES, degrade
from tests.cohorts import CLASSES, draw_squares, squares_cohort, store_films
from tests.evaluate_inputs import (
    MODEL,
    SIZE_PX,
    decide_in,
    note_reads,
    set_evaluate_params,
    write_evaluate_inputs,
)
from tests.films import pack

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

COHORT = squares_cohort({"train": 16, "val": 24, "test": 8})


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("made")
    write_evaluate_inputs(root, COHORT, draw_squares(COHORT, SIZE_PX))
    return root


@pytest.fixture
def repository(made, tmp_path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def decided(repository: Path, monkeypatch) -> Decision:
    decide_in(repository, monkeypatch)
    return read_decision(MODEL)


def test_the_mean_over_the_conditions_chooses_before_test_is_read(repository, monkeypatch):
    set_evaluate_params(repository, threshold_on="conditions_mean")
    read = note_reads(monkeypatch)
    decision = decided(repository, monkeypatch)
    assert sorted(read) == sorted(COHORT["image_id"][COHORT["split"] != "test"])
    conditions = decision.threshold_choice.conditions
    assert [one.name for one in conditions] == [UNCHANGED, *CHANGES]
    assert np.mean([one.sensitivity["value"] for one in conditions]) >= 0.9
    for one, found in zip(conditions, found_on_changed_films(repository, decision), strict=True):
        assert (one.sensitivity["value"], one.specificity["value"]) == found
    path = repository / paths.decision_file(MODEL)
    before = path.read_bytes()
    decided(repository, monkeypatch)
    assert path.read_bytes() == before


@pytest.mark.slow
def test_conditions_of_real_films_keep_the_mean_and_the_worst_promise(repository, monkeypatch):
    folder = pack("kermany-224") / "chest_xray/train"  # never its test films
    films = draw_squares(COHORT, SIZE_PX)
    for label in CLASSES:
        of_class = ((COHORT["split"] == "val") & (COHORT["label"] == label)).to_numpy()
        files = sorted((folder / label).glob("*.jpeg"))[: of_class.sum()]
        films[of_class] = [
            np.asarray(Image.open(file).convert("L").resize((SIZE_PX, SIZE_PX))) for file in files
        ]
    store_films(repository / paths.IMAGES, COHORT, films)
    for rule, merged in (("conditions_mean", np.mean), ("conditions_worst", np.min)):
        set_evaluate_params(repository, threshold_on=rule)
        decision = decided(repository, monkeypatch)
        found = [one.sensitivity["value"] for one in decision.threshold_choice.conditions]
        assert merged(found) >= 0.9
        assert len(set(found)) > 1  # the changes move real films across the threshold
        higher = replace_threshold(decision, decision.threshold + 0.2)
        lost = [one for one, _ in found_on_changed_films(repository, higher)]
        assert merged(lost) < 0.9


def replace_threshold(decision: Decision, threshold: float) -> Decision:
    """The same decision with another threshold at its operating point."""
    points = (replace(one, threshold=threshold) for one in decision.operating_points)
    return replace(decision, operating_points=tuple(points))


def found_on_changed_films(repository: Path, decision: Decision) -> list[tuple[float, float]]:
    """Sensitivity and specificity of each condition, from the network and the films."""
    val = COHORT[COHORT["split"] == "val"].sort_values("image_id")
    images = ImageStore(repository / paths.IMAGES).read(list(val["image_id"]))
    positive = (val["label"] == "PNEUMONIA").to_numpy()
    model = load_classifier(repository / paths.model_dir(MODEL))
    found = []
    for change in (lambda film, _: film, *CHANGES.values()):
        logits = predict_logits(model, degrade(images[..., 0], change)[..., np.newaxis])
        called = decision.calibrator.apply(logits)[:, 1] >= decision.threshold
        found.append((called[positive].mean(), (~called)[~positive].mean()))
    return found


def test_without_a_negative_class_no_condition_is_computed(repository, monkeypatch):
    set_evaluate_params(repository, threshold_on="conditions_worst", negative_class=None)
    choice = decided(repository, monkeypatch).threshold_choice
    assert (choice.rule, choice.conditions) == ("conditions_worst", ())
