"""The stage `evaluate-contract` as `dvc repro` runs it, on a network of random weights."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tasks.core.decision.decision import read_decision
from tasks.core.decision.hashes import hash_file, hash_films
from tasks.core.errors import EvaluationError
from tasks.core.tables import SAMPLES_SCHEMA, write_table
from tests.cohorts import CLASSES, draw_squares, save_with_contract, squares_cohort, store_films
from tests.evaluate_inputs import decide_in, note_reads

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

ROOT = Path(__file__).resolve().parents[2]
MODEL = "minivggnet"
SIZE_PX = 16
COHORT = squares_cohort({"train": 16, "val": 24, "test": 8})


def set_params(repository: Path, **changes: object) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    values = {"target_sensitivity": 0.9, "threshold_on": "validation"}
    params["evaluate"] |= values | changes
    (repository / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The inputs of the stage, for a network of random weights."""
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    import keras
    from keras import layers

    root = tmp_path_factory.mktemp("made")
    set_params(root)
    write_table(COHORT, SAMPLES_SCHEMA, root / paths.SAMPLES)
    store_films(root / paths.IMAGES, COHORT, draw_squares(COHORT, SIZE_PX))
    keras.utils.set_random_seed(4)
    images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8")
    x = layers.Flatten()(layers.Rescaling(1 / 255)(images))
    x = layers.Softmax(name="predictions")(layers.Dense(2, name="logits")(x))
    save_with_contract(keras.Model(images, x), MODEL, root / paths.model_dir(MODEL))
    return root


@pytest.fixture
def repository(made, tmp_path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="module")
def decided(made, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    root = tmp_path_factory.mktemp("decided")
    shutil.copytree(made, root, dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "tasks.evaluate.contract", "--model", MODEL],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return root, done


def files_of(repository: Path) -> dict[str, bytes]:
    folder = repository / paths.decision_dir(MODEL)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_stage_ends_with_one_line_in_the_log(decided):
    root, done = decided
    assert (done.returncode, done.stdout) == (0, "")
    values = json.loads(files_of(root)["contract.json"])
    point = {p["name"]: p for p in values["operating_points"]}["target_sensitivity"]
    assert done.stderr == (
        f"[evaluate-contract] minivggnet: calibration by {values['calibration']['method']},"
        f" threshold {point['threshold']:.3f} (highest threshold with a sensitivity of 0.9), on 48"
        " validation films\n"
    )


def test_contract_names_its_network_and_its_films(decided, monkeypatch):
    root, _ = decided
    assert set(files_of(root)) == {"contract.json", "novelty.npz"}
    values = json.loads(files_of(root)["contract.json"])
    assert values["network"]["sha256"] == hash_file(
        paths.network_file(root / paths.model_dir(MODEL))
    )
    assert values["novelty"]["sha256"] == hash_file(root / paths.novelty_file(MODEL))
    val = COHORT[COHORT["split"] == "val"]
    assert values["validation"] == {
        **{"films_sha256": hash_films(val["image_id"], val["label"])},
        **{"n_images": 48, "n_patients": 24},
    }
    monkeypatch.chdir(root)
    decision = read_decision(MODEL)
    assert decision.classes == CLASSES
    assert len(decision.operating_points) == 5


def test_second_run_in_another_process_writes_the_same_bytes(decided, repository, monkeypatch):
    root, _ = decided
    decide_in(repository, monkeypatch)
    assert files_of(repository) == files_of(root)


def test_the_test_split_is_not_read_and_changes_no_byte(decided, repository, monkeypatch):
    root, _ = decided
    on_test = (COHORT["split"] == "test").to_numpy()
    changed = COHORT.copy()
    changed.loc[on_test, "label"] = "ABSCESS"  # a class that the training films lack
    changed.loc[on_test, "class_index"] = 9
    films = draw_squares(COHORT, SIZE_PX)
    films[on_test] = 255 - films[on_test]
    write_table(changed, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    store_films(repository / paths.IMAGES, changed, films)
    read = note_reads(monkeypatch)
    decide_in(repository, monkeypatch)
    assert sorted(read) == sorted(COHORT["image_id"][~on_test])
    assert files_of(repository) == files_of(root)


def test_validation_films_decide(decided, repository, monkeypatch):
    root, _ = decided
    on_val = (COHORT["split"] == "val").to_numpy()
    films = draw_squares(COHORT, SIZE_PX)
    films[on_val] = 255 - films[on_val]
    store_films(repository / paths.IMAGES, COHORT, films)
    decide_in(repository, monkeypatch)
    assert files_of(repository) != files_of(root)


def test_a_decision_does_not_outlive_its_network(decided, repository, monkeypatch):
    root, _ = decided
    shutil.copytree(root / paths.decision_dir(MODEL), repository / paths.decision_dir(MODEL))
    network = paths.network_file(repository / paths.model_dir(MODEL))
    network.write_bytes(network.read_bytes() + b"\0")
    monkeypatch.chdir(repository)
    with pytest.raises(EvaluationError, match=r"model\.keras(.|\n)*dvc repro"):
        read_decision(MODEL)


def test_parameters_choose_the_point_that_calls_the_films(repository, monkeypatch):
    set_params(repository, operating_point="youden")
    decision = decide_in(repository, monkeypatch)
    assert decision.operating_point == "youden"
    set_params(repository, negative_class=None)
    decision = decide_in(repository, monkeypatch)
    assert (decision.operating_points, decision.threshold) == ((), None)


def test_wrong_negative_class_is_an_error_and_nothing_is_written(repository, monkeypatch):
    set_params(repository, negative_class="HEALTHY")
    with pytest.raises(EvaluationError, match=r"HEALTHY(.|\n)*choose from: NORMAL, PNEUMONIA"):
        decide_in(repository, monkeypatch)
    assert not (repository / paths.decision_dir(MODEL)).exists()


def test_validation_with_one_side_is_an_error(repository, monkeypatch):
    normal = COHORT[(COHORT["split"] != "val") | (COHORT["label"] == "NORMAL")]
    write_table(normal, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    with pytest.raises(EvaluationError, match=r"0 positive of 24(.|\n)*split val"):
        decide_in(repository, monkeypatch)


def test_model_with_other_classes_than_the_films_is_an_error(repository, monkeypatch):
    renamed = COHORT.assign(label=COHORT["label"].replace("PNEUMONIA", "ABNORMAL"))
    write_table(renamed, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    with pytest.raises(EvaluationError, match=r"NORMAL, PNEUMONIA(.|\n)*ABNORMAL, NORMAL"):
        decide_in(repository, monkeypatch)


def test_one_patient_of_each_class_still_gives_a_contract(repository, monkeypatch):
    kept = ["val-000", "val-001"]
    few = COHORT[(COHORT["split"] != "val") | COHORT["patient_id"].isin(kept)]
    write_table(few, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    decision = decide_in(repository, monkeypatch)
    assert decision.calibrator.method == "temperature"
    assert "without a comparison" in decision.chosen_by
