"""Recipes by name: what differs from params.yaml. To try another, add a line."""

from dataclasses import dataclass, field
from typing import Any

from tasks.params import AugmentParams, TrainParams


@dataclass(frozen=True)
class Recipe:
    """One way to train.

    augment: keys of `train.augment` that replace those of params.yaml, `preset` first.
    train: other keys of `train`.
    by_subtype: three outputs (normal, bacteria, virus), of which the positive ones are summed.
    """

    name: str
    augment: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)
    by_subtype: bool = False

    def params(self, shipped: TrainParams, **more: Any) -> TrainParams:
        """Section `train` with what differs; keys of `augment` not named here are the preset's."""
        nulls = dict.fromkeys(AugmentParams.model_fields)
        augment = nulls | {"preset": "none"} | self.augment
        values = shipped.model_dump() | self.train | more | {"augment": augment}
        return TrainParams.model_validate(values)


# the mild augmentation and the wide crop of the study that found the wide crop
MILD = {"zoom": 0.15, "shift": 0.05, "brightness": 0.15, "contrast": 0.15}
WIDE = {"crop_min_area": 0.08, "crop_max_ratio": 4 / 3, "brightness": 0.15, "contrast": 0.3}
# a fixed schedule: validation, which is easy here, neither stops it nor chooses the epoch
FIXED = {"schedule": "cosine", "warmup_epochs": 1, "early_stopping_patience": None}
AVERAGED = FIXED | {"average_momentum": 0.99}
DEGRADED = {"blur": 0.015, "noise": 0.02, "jpeg_min_quality": 30, "gamma": 0.3}

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("none"),
        Recipe("notebook", {"preset": "notebook"}),
        Recipe("mild", MILD),
        Recipe("wide", WIDE),
        Recipe("degraded", MILD | DEGRADED),
        Recipe("wide_degraded", WIDE | DEGRADED),
        Recipe("radiograph", {"preset": "radiograph"}),
        Recipe("radiograph_mirrored", {"preset": "radiograph", "horizontal_flip": True}),
        Recipe("radiograph_mixup", {"preset": "radiograph", "mixup": 0.2}),
        Recipe("radiograph_subtype", {"preset": "radiograph"}, by_subtype=True),
        Recipe("none_fixed", train=FIXED),
        Recipe("notebook_fixed", {"preset": "notebook"}, FIXED),
        Recipe("mild_fixed", MILD, FIXED),
        Recipe("wide_fixed", WIDE, FIXED),
        Recipe("wide_fixed_averaged", WIDE, AVERAGED),
        Recipe("wide_fixed_subtype", WIDE, FIXED, by_subtype=True),
        Recipe("degraded_fixed", MILD | DEGRADED, FIXED),
        Recipe("radiograph_fixed", {"preset": "radiograph"}, FIXED),
        Recipe("radiograph_fixed_averaged", {"preset": "radiograph"}, AVERAGED),
        Recipe(
            "radiograph_fixed_mirrored", {"preset": "radiograph", "horizontal_flip": True}, FIXED
        ),
        Recipe("radiograph_fixed_mixup", {"preset": "radiograph", "mixup": 0.2}, FIXED),
        Recipe("radiograph_fixed_subtype", {"preset": "radiograph"}, FIXED, by_subtype=True),
    )
}
