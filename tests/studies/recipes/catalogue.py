"""Recipes by name: what differs from params.yaml. To try another, add a line."""

from dataclasses import dataclass, field
from typing import Any

from tasks.core.params import AugmentParams, TrainParams


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
MEDIUM = WIDE | {"crop_min_area": 0.4, "crop_max_ratio": 1.2}
MOVED = MILD | {"zoom": 0.2, "shift": 0.1, "rotation_deg": 15.0, "contrast": 0.3}
DEGRADED = {"blur": 0.015, "noise": 0.02, "jpeg_min_quality": 30, "gamma": 0.3}
WIDE_TURNED = WIDE | DEGRADED | {"rotation_deg": 10.0}

# the schedule is fixed unless a recipe says so: validation, which is easy here, would stop it
PLATEAU = {"schedule": "plateau", "early_stopping_patience": 8}
AVERAGED = {"average_momentum": 0.99}

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("none"),
        Recipe("notebook", {"preset": "notebook"}),
        Recipe("mild", MILD),
        Recipe("mild_plateau", MILD, PLATEAU),
        Recipe("mild_degraded", MILD | DEGRADED),
        Recipe("mild_degraded_averaged", MILD | DEGRADED, AVERAGED),
        Recipe("mild_degraded_subtype", MILD | DEGRADED, by_subtype=True),
        Recipe("mild_degraded_mirrored", MILD | DEGRADED | {"horizontal_flip": True}),
        Recipe("mild_degraded_mixup", MILD | DEGRADED | {"mixup": 0.2}),
        Recipe("moved_degraded", MOVED | DEGRADED),
        Recipe("medium", MEDIUM),
        Recipe("medium_degraded", MEDIUM | DEGRADED),
        Recipe("wide", WIDE),
        Recipe("wide_averaged", WIDE, AVERAGED),
        Recipe("wide_subtype", WIDE, by_subtype=True),
        Recipe("wide_turned_degraded", WIDE_TURNED),
    )
}
