"""What params.yaml leaves to the films."""

from typing import Any

import pandas as pd
import pytest

from tasks.core.film_defaults import settings_for, settings_for_films
from tasks.core.params import StatedTrainParams
from tests.cohorts import train_params

OPEN: dict[str, Any] = {"epochs": None, "n_seeds": None, "n_views": None}
REAL = {"epochs": 40, "n_seeds": 3, "n_views": 6}
SYNTHETIC = {"epochs": 20, "n_seeds": 1, "n_views": 1}


def stated(
    preset: str | None = None, method: str | None = None, **changes: Any
) -> StatedTrainParams:
    values = train_params().model_dump() | changes
    values["augment"] |= {"preset": preset}
    values["pretraining"] |= {"method": method}
    return StatedTrainParams.model_validate(values)


@pytest.mark.parametrize(
    ("is_synthetic", "numbers", "found"),
    [
        (False, OPEN, REAL),
        (True, OPEN, SYNTHETIC),
        (True, OPEN | {"epochs": 5}, SYNTHETIC | {"epochs": 5}),
        (False, OPEN | {"n_seeds": 2}, REAL | {"n_seeds": 2}),
        (False, OPEN | {"n_views": 1}, REAL | {"n_views": 1}),
        (True, OPEN | {"n_views": 6}, SYNTHETIC | {"n_views": 6}),
    ],
)
def test_null_depends_on_the_films_and_a_number_does_not(is_synthetic, numbers, found):
    settings = settings_for(stated("none", "none", **numbers), is_synthetic=is_synthetic)
    assert settings.model_dump() == stated("none", "none", **found).model_dump()


@pytest.mark.parametrize(
    ("is_synthetic", "preset", "found"),
    [
        (False, None, "wide_crops"),
        (True, None, "radiograph"),
        (False, "notebook", "notebook"),
        (True, "notebook", "notebook"),
    ],
)
def test_a_preset_that_is_null_depends_on_the_films(is_synthetic, preset, found):
    settings = settings_for(stated(preset, **REAL), is_synthetic=is_synthetic)
    assert settings.augment.model_dump() == stated(found).augment.model_dump()


@pytest.mark.parametrize(
    ("is_synthetic", "method", "weights", "found"),
    [
        (False, None, "none", "barlow_twins"),
        (True, None, "none", "none"),
        (False, None, "imagenet", "none"),
        (False, "barlow_twins", "imagenet", "barlow_twins"),
        (False, "none", "none", "none"),
        (True, "barlow_twins", "none", "barlow_twins"),
    ],
)
def test_a_pretraining_that_is_null_depends_on_films_and_weights(
    is_synthetic, method, weights, found
):
    open_method = stated("none", method, **REAL, weights=weights)
    assert settings_for(open_method, is_synthetic=is_synthetic).pretraining.method == found


def test_one_synthetic_film_makes_the_set_synthetic():
    films = pd.DataFrame({"is_synthetic": [False, True]})
    assert settings_for_films(stated(**OPEN), films).epochs == 20
    assert settings_for_films(stated(**OPEN), films[:1]).epochs == 40
