from pathlib import Path

import pytest

from tasks.core.errors import TrainingError
from tasks.core.params import Params, load_params
from tasks.core.trained_settings import trained_settings

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def params() -> Params:
    return load_params(ROOT / "params.yaml")


def test_equal_settings_are_those_of_the_parameters(params):
    used = params.train_of("chexnet").model_dump(mode="json")
    assert trained_settings({"settings": used}, params, "chexnet") == params.train_of("chexnet")


def test_a_network_of_an_earlier_release_has_no_settings(params):
    assert trained_settings({}, params, "ann") == params.train_of("ann")


def test_every_setting_that_differs_is_named_with_both_values(params):
    used = params.train_of("ann").model_dump(mode="json") | {"learning_rate": 0.25, "loss": "focal"}
    used["augment"] = used["augment"] | {"zoom": 0.3}
    with pytest.raises(TrainingError) as failed:
        trained_settings({"settings": used}, params, "ann")
    assert failed.value.found == (
        'train.learning_rate 0.001, trained with 0.25; train.loss "cross_entropy", trained'
        ' with "focal"; train.augment.zoom null, trained with 0.3'
    )
    assert "dvc repro --force --single-item train@ann" in failed.value.next_step


def test_a_setting_that_the_training_did_not_have_is_named(params):
    used = params.train_of("ann").model_dump(mode="json")
    del used["early_stopping_patience"]  # stated as null
    with pytest.raises(TrainingError, match=r"stopping_patience null, trained with nothing"):
        trained_settings({"settings": used}, params, "ann")
