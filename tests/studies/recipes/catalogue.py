"""Recipes by name, as changes to params.yaml. To try another recipe, add a line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from tasks.core.errors import ParamsError
from tasks.core.params import AugmentParams, TrainParams

# Methods that a recipe must name: what params.yaml says of them is no part of a recipe
_UNNAMED: dict[str, Any] = {
    "average_momentum": None,
    "label_smoothing": 0.0,
    "n_views": 1,
    "group_dro_step": None,
    "average_epochs": None,
    "pretraining": {"method": "none"},
}


@dataclass(frozen=True)
class Recipe:
    """One way to train.

    augment: keys of `train.augment`; `preset` is `none` if it is not among them.
    train: other keys of `train`; the keys of a subsection are merged.
    by_subtype: whether to train with the classes normal, bacteria and virus, and to add up the
        probabilities of the two positive ones.
    resize: keys of `resize`; a recipe with `size_px` has that size in every search.
    """

    name: str
    augment: dict[str, Any] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)
    by_subtype: bool = False
    resize: dict[str, Any] = field(default_factory=dict)

    @property
    def is_wide(self) -> bool:
        """Whether it belongs to the family of wide random crops."""
        return bool(self.augment.get("crop_min_area") == WIDE["crop_min_area"])

    def missing_keys(self) -> list[str]:
        """Keys of the recipe that this version of the parameters does not have."""
        augment = [
            f"augment.{key}" for key in self.augment if key not in AugmentParams.model_fields
        ]
        return augment + [key for key in self.train if key not in TrainParams.model_fields]

    def params(self, shipped: TrainParams, **more: Any) -> TrainParams:
        """Return section `train` with the changes; other keys of `augment` are null.

        Raises:
            ParamsError: This version does not have a key of the recipe, or the values exclude each
                other, such as more epochs to average than there are.
        """
        if missing := self.missing_keys():
            raise ParamsError(
                "a recipe must use keys that the parameters have",
                found=f"no {', '.join(missing)}",
                where=f"recipe {self.name}",
                next_step="leave the recipe out, or use a version with these keys",
            )
        augment = dict.fromkeys(AugmentParams.model_fields) | {"preset": "none"} | self.augment
        known = {key: _UNNAMED[key] for key in _UNNAMED if key in TrainParams.model_fields}
        values = merged(merged(shipped.model_dump(), known), self.train)
        try:
            return TrainParams.model_validate(values | more | {"augment": augment})
        except ValidationError as error:
            faults = [fault["msg"].removeprefix("Value error, ") for fault in error.errors()]
            raise ParamsError(
                "a recipe must fit the other settings of the search",
                found="; ".join(faults),
                where=f"recipe {self.name}",
                next_step="leave the recipe out, or change that setting",
            ) from error


def merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values with changes; a mapping changes the keys that it names.

    Example:
        >>> merged({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 4}})
        {'a': 1, 'b': {'c': 2, 'd': 4}}
    """
    found = dict(values)
    for key, value in changes.items():
        is_section = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = merged(found[key], value) if is_section else value
    return found


def unnamed_training(shipped: TrainParams) -> dict[str, Any]:
    """Values of section `train` that every recipe has where it names no other.

    A stage names the epochs, and a search the number of networks.

    Args:
        shipped: Section `train` of params.yaml.
    """
    values = Recipe("unnamed").params(shipped).model_dump(mode="json")
    left_out = ("epochs", "n_seeds", "augment")
    return {key: value for key, value in values.items() if key not in left_out}


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

# Methods against the shift, each with the value that its paper or issue gives
MIXSTYLE = {"mixstyle": 0.1}
AMPLITUDE = {"amplitude_mix": 1.0}
HALF_AMPLITUDE = {"amplitude_mix": 0.5}  # together with others that change the grey levels
HISTOGRAM = {"histogram_match": 0.5}
VIEWS = {"n_views": 6}
SMOOTHED = {"label_smoothing": 0.1}
DRO = {"group_dro_step": 0.01}
# Under the cosine schedule the weights hardly move in the last epochs
LAST_EPOCHS = {"average_epochs": 8, "schedule": "constant"}
PRETRAINED = {"pretraining": {"method": "barlow_twins", "epochs": 20}}

REFERENCE = "wide_turned_degraded"  # differences are taken to it: the methods build on it


def _wide(name: str, *changes: dict[str, Any], **resize: Any) -> Recipe:
    """`REFERENCE` with changes; keys of `augment` are told from others by their names."""
    keys = {key: value for change in changes for key, value in change.items()}
    augment = {key: value for key, value in keys.items() if key in _METHODS_OF_AUGMENT}
    train = {key: value for key, value in keys.items() if key not in _METHODS_OF_AUGMENT}
    return Recipe(f"wide_{name}", WIDE_TURNED | augment, train, resize=resize)


_METHODS_OF_AUGMENT = frozenset({*MIXSTYLE, *AMPLITUDE, *HISTOGRAM})

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(REFERENCE, WIDE_TURNED),
        # one method more than the reference
        _wide("views", VIEWS),
        _wide("mixstyle", MIXSTYLE),
        _wide("amplitude", AMPLITUDE),
        _wide("histogram", HISTOGRAM),
        _wide("smoothed", SMOOTHED),
        _wide("dro", DRO),
        _wide("last_epochs", LAST_EPOCHS),
        _wide("pretrained", PRETRAINED),
        _wide("lungs", region="lungs"),
        _wide("resolution", common_resolution_px=128),
        # methods together
        _wide("mixstyle_views", MIXSTYLE, VIEWS),
        _wide("amplitude_views", AMPLITUDE, VIEWS),
        _wide("histogram_views", HISTOGRAM, VIEWS),
        _wide("last_epochs_views", LAST_EPOCHS, VIEWS),
        _wide("pretrained_views", PRETRAINED, VIEWS),
        _wide("looks", MIXSTYLE, HALF_AMPLITUDE, HISTOGRAM),
        _wide("looks_views", MIXSTYLE, HALF_AMPLITUDE, HISTOGRAM, VIEWS),
        _wide("smoothed_epochs_views", SMOOTHED, LAST_EPOCHS, VIEWS),
        _wide("all", MIXSTYLE, HALF_AMPLITUDE, HISTOGRAM, SMOOTHED, LAST_EPOCHS, VIEWS),
        _wide(
            "all_pretrained", MIXSTYLE, HALF_AMPLITUDE, HISTOGRAM, LAST_EPOCHS, PRETRAINED, VIEWS
        ),
        # larger squares
        _wide("96", size_px=96),
        _wide("128", size_px=128),
        _wide("96_views", VIEWS, size_px=96),
        # the rest of the family, and other families
        Recipe("wide", WIDE),
        Recipe("wide_averaged", WIDE, AVERAGED),
        Recipe("wide_subtype", WIDE, by_subtype=True),
        Recipe("medium", MEDIUM),
        Recipe("medium_degraded", MEDIUM | DEGRADED),
        Recipe("mild", MILD),
        Recipe("mild_plateau", MILD, PLATEAU),
        Recipe("mild_degraded", MILD | DEGRADED),
        Recipe("mild_degraded_averaged", MILD | DEGRADED, AVERAGED),
        Recipe("mild_degraded_subtype", MILD | DEGRADED, by_subtype=True),
        Recipe("mild_degraded_mirrored", MILD | DEGRADED | {"horizontal_flip": True}),
        Recipe("mild_degraded_mixup", MILD | DEGRADED | {"mixup": 0.2}),
        Recipe("moved_degraded", MOVED | DEGRADED),
        Recipe("none"),
        Recipe("notebook", {"preset": "notebook"}),
    )
}
