"""Options of a training that exclude each other, or need another one."""

import pytest
from pydantic import ValidationError

from tasks.core.params import StatedTrainParams
from tests.cohorts import augment_params, train_params
from tests.unit.core.params.shipped import changed, fault_of

RUN = {"epochs": 6, "early_stopping_patience": None}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"average_epochs": 0}, "greater than or equal to 1"),
        ({"average_epochs": 7}, "average_epochs is 7, and only 6 epochs train the whole network"),
        (
            {"average_epochs": 5, "weights": "imagenet", "freeze_epochs": 2},
            "average_epochs is 5, and only 4 epochs train the whole network",
        ),
        ({"average_epochs": 2, "average_momentum": 0.9}, "exclude each other: set one"),
        (
            {"average_epochs": 2, "early_stopping_patience": 3},
            "needs all epochs: set early_stopping_patience to null",
        ),
    ],
)
def test_epochs_that_cannot_be_averaged_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        train_params(**RUN | changes)


def test_all_epochs_of_the_whole_network_can_be_averaged():
    assert train_params(**RUN, average_epochs=6).average_epochs == 6
    pretrained = {"average_epochs": 4, "weights": "imagenet", "freeze_epochs": 2}
    assert train_params(**RUN | pretrained).average_epochs == 4


def test_group_dro_and_mixup_exclude_each_other():
    mixed = augment_params("radiograph", mixup=0.2)
    with pytest.raises(ValidationError, match="a mixture of two films has no group"):
        train_params(group_dro_step=0.01, augment=mixed)
    still = augment_params("radiograph", mixup=0.0)
    assert train_params(group_dro_step=0.01, augment=still).group_dro_step == 0.01


@pytest.mark.parametrize("step", [0.0, 1.1])
def test_a_step_of_group_dro_out_of_range_is_refused(step):
    with pytest.raises(ValidationError, match="group_dro_step"):
        train_params(group_dro_step=step)


@pytest.mark.parametrize("key", ["train.group_dro_step", "per_model.minivggnet"])
def test_group_dro_without_clusters_is_refused(tmp_path, key):
    value = 0.01 if key.startswith("train") else {"group_dro_step": 0.01}
    assert "set resample.acquisition_clusters" in fault_of(changed(tmp_path, key, value))


def test_epochs_to_average_need_a_number_of_epochs():
    values = train_params(**RUN).model_dump() | {"epochs": None, "average_epochs": 2}
    with pytest.raises(ValidationError, match="set epochs, for example 40"):
        StatedTrainParams.model_validate(values)
