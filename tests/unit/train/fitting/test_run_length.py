"""Epochs and seeds that params.yaml leaves to the films."""

import pytest

from tasks.core.params import StatedTrainParams
from tasks.train.fitting.run_length import settings_for
from tests.cohorts import train_params


@pytest.mark.parametrize(
    ("is_synthetic", "stated", "epochs", "n_seeds"),
    [
        (False, {"epochs": None, "n_seeds": None}, 40, 3),
        (True, {"epochs": None, "n_seeds": None}, 20, 1),
        (True, {"epochs": 5, "n_seeds": None}, 5, 1),
        (False, {"epochs": None, "n_seeds": 2}, 40, 2),
        (True, {"epochs": 5, "n_seeds": 2}, 5, 2),
    ],
)
def test_null_depends_on_the_films_and_a_number_does_not(is_synthetic, stated, epochs, n_seeds):
    values = train_params().model_dump() | stated
    found = settings_for(StatedTrainParams.model_validate(values), is_synthetic=is_synthetic)
    assert (found.epochs, found.n_seeds) == (epochs, n_seeds)
    assert found.model_dump() == values | {"epochs": epochs, "n_seeds": n_seeds}
