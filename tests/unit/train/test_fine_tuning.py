"""A run that starts from weights: what moves while the body is frozen, and after."""

import keras
import numpy as np
import pandas as pd
import pytest

from tasks.train.fit import TrainingRun, fit
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
