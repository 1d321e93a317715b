"""Presets of the augmentation, and keys that replace their values."""

from dataclasses import fields, replace

import pytest

from tasks.core.film_defaults import settings_for
from tasks.core.params import AugmentParams, load_params
from tasks.train.transforms.presets import PRESET_NAMES, PRESETS, Augmentation, resolve
from tests.cohorts import augment_params
from tests.films import ROOT
from tests.studies.recipes.catalogue import RECIPES


def test_presets_and_params_have_the_same_names_and_fields():
    assert set(PRESETS) == set(PRESET_NAMES)
    names = {field.name for field in fields(Augmentation)}
    assert names == set(AugmentParams.model_fields) - {"preset"}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_null_key_takes_the_value_of_the_preset_and_a_set_key_replaces_it(preset):
    assert resolve(augment_params(preset)) == PRESETS[preset]
    changed = augment_params(preset, zoom=0.25, vertical_flip=False)
    assert resolve(changed) == replace(PRESETS[preset], zoom=0.25, vertical_flip=False)


def test_a_zero_replaces_the_value_of_the_preset():
    assert resolve(augment_params("notebook", zoom=0.0)).zoom == 0.0


def test_presets_switch_on_the_expected_transforms():
    notebook, radiograph, wide = (
        PRESETS[name] for name in ("notebook", "radiograph", "wide_crops")
    )
    assert (notebook.zoom, notebook.vertical_flip) == (0.3, True)
    assert not any((notebook.changes_grey_levels, notebook.degrades, notebook.horizontal_flip))
    assert not any((radiograph.vertical_flip, radiograph.horizontal_flip))
    assert radiograph.changes_grey_levels
    assert radiograph.degrades
    assert wide.crop_min_area == 0.08
    assert wide.degrades
    assert not any((wide.vertical_flip, wide.horizontal_flip))


@pytest.mark.parametrize(
    ("preset", "recipe"), [("radiograph", "mild_degraded"), ("wide_crops", "wide_turned_degraded")]
)
def test_a_preset_is_the_recipe_that_the_search_compares(preset, recipe):
    shipped = settings_for(load_params(ROOT / "params.yaml").train, is_synthetic=False)
    assert resolve(RECIPES[recipe].params(shipped).augment) == PRESETS[preset]
