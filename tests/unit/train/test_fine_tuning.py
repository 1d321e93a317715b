"""A run that starts from weights: what moves while the body is frozen, and after."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from tasks.train.artifact import save_classifier
from tasks.train.batches import Batches
from tasks.train.fit import TrainingRun, Workplace, fit
from tasks.train.zoo import build_classifier
from tests.cohorts import STILL, draw_squares, squares_cohort, store_films, train_params
from tests.weights_files import layers_of, sha256_of, write_h5

SIZE_PX = 32


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> tuple[keras.Model, dict[int, TrainingRun], pd.DataFrame]:
    """A network, what becomes of it with 1 and 2 of 2 epochs frozen, and the curve of the first."""
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


def moved(before: keras.Model, after: keras.Model, name: str) -> bool:
    pairs = zip(before.get_layer(name).weights, after.get_layer(name).weights, strict=True)
    return any(not np.array_equal(a, b) for a, b in pairs)


def test_frozen_epochs_leave_the_body_as_it_came(runs):
    start, trained, _ = runs
    assert not moved(start, trained[2].model, "block1_conv1")
    assert not moved(start, trained[2].model, "block1_bn1")
    assert not moved(start, trained[2].model, "fc2")
    assert moved(start, trained[2].model, "logits")


def test_fine_tuning_moves_the_body_and_no_statistics(runs):
    start, trained, _ = runs
    assert moved(start, trained[1].model, "block1_conv1")
    assert moved(start, trained[1].model, "fc2")
    assert not moved(start, trained[1].model, "block1_bn1")


def test_epochs_of_both_phases_are_one_run(runs):
    _, trained, curve = runs
    run = trained[1]
    assert (run.epochs_run, run.best_epoch) == (2, 2)  # kept is an epoch of the last phase
    assert list(curve["step"]) == [0, 1]
    assert run.best_loss == pytest.approx(curve["loss"].iloc[-1], rel=1e-9)


@pytest.mark.parametrize("call", [3, 8, 13])  # in the frozen phase, at the turn, in the other
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
        place = Workplace(folder / "checkpoints", 1)
        done = fit("minivggnet", samples, store, params, folder / "live", place)
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
