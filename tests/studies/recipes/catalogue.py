"""Recipes by name, as changes to params.yaml. To try another recipe, add a line."""

from dataclasses import dataclass, field
from typing import Any

from tasks.core.params import AugmentParams, TrainParams


@dataclass(frozen=True)
class Recipe:
    """One way to train.

    augment: keys of `train.augment`; `preset` is `none` if it is not among them.
    train: other keys of `train`.
    by_subtype: whether to train with the classes normal, bacteria and virus, and to add up the
        probabilities of the two positive ones.
    """

    name: str
    augment: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)
    by_subtype: bool = False

    def params(self, shipped: TrainParams, **more: Any) -> TrainParams:
        """Return section `train` with the changes; other keys of `augment` are null."""
        nulls = dict.fromkeys(AugmentParams.model_fields)
        augment = nulls | {"preset": "none"} | self.augment
        values = shipped.model_dump() | self.train | more | {"augment": augment}
        return TrainParams.model_validate(values)


# The mild augmentation, and the wide crop of published work
MILD = {"zoom": 0.15, "shift": 0.05, "brightness": 0.15, "contrast": 0.15}
WIDE = {"crop_min_area": 0.08, "crop_max_ratio": 4 / 3, "brightness": 0.15, "contrast": 0.3}
MEDIUM = WIDE | {"crop_min_area": 0.4, "crop_max_ratio": 1.2}
MOVED = MILD | {"zoom": 0.2, "shift": 0.1, "rotation_deg": 15.0, "contrast": 0.3}
DEGRADED = {"blur": 0.015, "noise": 0.02, "jpeg_min_quality": 30, "gamma": 0.3}
WIDE_TURNED = WIDE | DEGRADED | {"rotation_deg": 10.0}

# Other recipes use a fixed schedule: the ordinary validation would stop training too early
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
