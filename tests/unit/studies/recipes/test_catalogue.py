"""Every recipe gives a valid section `train`, as soon as the parameters have its keys."""

import pytest

from tasks.core.errors import ParamsError
from tasks.core.film_defaults import settings_for
from tasks.core.params import Params, load_params
from tests.films import ROOT
from tests.studies.recipes.catalogue import RECIPES, REFERENCE, Recipe, unnamed_training
from tests.studies.recipes.options import recipe_list

SHIPPED = load_params(ROOT / "params.yaml")
TRAIN = settings_for(SHIPPED.train, is_synthetic=False)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_recipe_gives_valid_sections(recipe):
    if missing := recipe.missing_keys():
        pytest.skip(f"the parameters have no {', '.join(missing)}")
    params = recipe.params(TRAIN, epochs=20, seed=4)
    assert (params.epochs, params.seed) == (20, 4)
    for key, value in recipe.augment.items():
        assert getattr(params.augment, key) == value
    assert params.learning_rate == TRAIN.learning_rate
    Params.model_validate(
        SHIPPED.model_dump(by_alias=True) | {"resize": SHIPPED.resize.model_dump() | recipe.resize}
    )


def test_what_params_yaml_says_of_a_method_is_no_part_of_a_recipe():
    shipped = TRAIN.model_copy(update={"label_smoothing": 0.3, "average_momentum": 0.9})
    params = RECIPES[REFERENCE].params(shipped)
    assert (params.label_smoothing, params.average_momentum) == (0.0, None)
    assert RECIPES["wide_smoothed"].params(shipped).label_smoothing == 0.1


def test_a_recipe_with_unknown_keys_is_refused_with_their_names():
    recipe = Recipe("new", {"fog": 1.0}, {"n_moons": 2})
    assert recipe.missing_keys() == ["augment.fog", "n_moons"]
    with pytest.raises(ParamsError, match=r"no augment\.fog, n_moons"):
        recipe.params(TRAIN)


def test_a_recipe_that_does_not_fit_the_epochs_is_refused_with_the_rule():
    with pytest.raises(ParamsError, match="average_epochs is 8, and only 5 epochs"):
        RECIPES["wide_last_epochs"].params(TRAIN, epochs=5)


def test_the_wide_family_is_told_by_its_crop():
    assert RECIPES["wide_128"].is_wide
    assert RECIPES["wide"].is_wide
    assert not RECIPES["medium"].is_wide
    assert recipe_list().splitlines()[0].startswith(REFERENCE)


def test_the_unnamed_training_is_what_all_recipes_take_from_params_yaml():
    found = unnamed_training(TRAIN.model_copy(update={"learning_rate": 0.01, "n_views": 6}))
    assert (found["learning_rate"], found["n_views"]) == (0.01, 1)  # a recipe names its views
    assert found["pretraining"]["batch_size"] == TRAIN.pretraining.batch_size
    assert not {"epochs", "n_seeds", "augment"} & set(found)
