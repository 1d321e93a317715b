"""A run with pretrained weights: which layers change in the frozen phase, and which later."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.batches import Batches
from tasks.train.fitting.fit import Resources, TrainingRun, fit
from tasks.train.network.build import build_classifier
from tests.cohorts import STILL, draw_squares, squares_cohort, store_films, train_params
from tests.weights_files import layers_of, sha256_of, write_h5

SIZE_PX = 32


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> tuple[keras.Model, dict[int, TrainingRun], pd.DataFrame]:
    """A network, its runs with 1 and 2 of 2 epochs frozen, and the loss curve of the first run."""
    folder = tmp_path_factory.mktemp("transfer")
    samples = squares_cohort()
    store = store_films(folder / "images", samples, draw_squares(samples, SIZE_PX))
    start = build_classifier("cnn4_bn", SIZE_PX, 2, STILL, seed=9)
    write_h5(folder / "start.h5", layers_of(start))
    common = {"weights": str(folder / "start.h5"), "weights_sha256": sha256_of(folder / "start.h5")}
    trained = {}
    for n_frozen in (1, 2):
        params = train_params(epochs=2, freeze_epochs=n_frozen, **common)
        trained[n_frozen] = fit("cnn4_bn", samples, store, params, folder / f"live{n_frozen}")
    curve = pd.read_csv(folder / "live1/plots/metrics/eval/loss.tsv", sep="\t")
    return start, trained, curve


def changed(before: keras.Model, after: keras.Model, name: str) -> bool:
    pairs = zip(before.get_layer(name).weights, after.get_layer(name).weights, strict=True)
    return any(not np.array_equal(a, b) for a, b in pairs)


def test_frozen_epochs_change_only_the_head(runs):
    start, trained, _ = runs
    assert not changed(start, trained[2].model, "block1_conv1")
    assert not changed(start, trained[2].model, "block1_bn1")
    assert not changed(start, trained[2].model, "fc2")
    assert changed(start, trained[2].model, "logits")


def test_fine_tuning_changes_the_body_and_no_batch_statistics(runs):
    start, trained, _ = runs
    assert changed(start, trained[1].model, "block1_conv1")
    assert changed(start, trained[1].model, "fc2")
    assert not changed(start, trained[1].model, "block1_bn1")


def test_epochs_of_both_phases_are_one_run(runs):
    _, trained, curve = runs
    run = trained[1]
    assert (run.epochs_run, run.best_epoch) == (2, 2)  # the kept epoch belongs to the last phase
    assert list(curve["step"]) == [0, 1]
    assert run.best_loss == pytest.approx(curve["loss"].iloc[-1], rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("call", [3, 8, 13])  # in the frozen phase, between the phases, later
def test_run_interrupted_in_either_phase_ends_with_the_same_bytes(call, tmp_path, monkeypatch):
    samples = squares_cohort({"train": 6, "val": 2, "test": 2})  # 12 films: 3 steps of 4
    store = store_films(tmp_path / "images", samples, draw_squares(samples, 16))
    write_h5(tmp_path / "start.h5", layers_of(build_classifier("minivggnet", 16, 2, STILL, seed=9)))
    params = train_params(
        weights=str(tmp_path / "start.h5"),
        weights_sha256=sha256_of(tmp_path / "start.h5"),
        freeze_epochs=1,
        epochs=3,
        batch_size=4,
    )

    def run(folder: Path) -> dict[str, bytes]:
        resources = Resources(folder / "checkpoints", 1)
        done = fit("minivggnet", samples, store, params, folder / "live", resources)
        save_classifier(done, folder / "model")
        files = [path for part in ("live", "model") for path in (folder / part).rglob("*.*")]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    expected = run(tmp_path / "whole")
    assert {path.name for path in (tmp_path / "whole/checkpoints").iterdir()} == {
        "seed3",
        "seed3-frozen",
    }
    calls = []
    real = Batches._chosen

    def counted(self, index):
        calls.append(index)
        if len(calls) == call:
            raise RuntimeError("Killed")
        return real(self, index)

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "_chosen", counted)
        with pytest.raises(Exception, match="Killed"):
            run(tmp_path / "cut")
    assert run(tmp_path / "cut") == expected
