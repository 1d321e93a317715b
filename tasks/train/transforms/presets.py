"""The presets of `train.augment`."""

from dataclasses import dataclass, fields, replace
from typing import Any, get_args

from tasks.core.params import AugmentParams, Preset


@dataclass(frozen=True)
class Augmentation:
    """Strength of each transform, with the fields of `AugmentParams`; the defaults do nothing."""

    zoom: float = 0.0
    shift: float = 0.0
    rotation_deg: float = 0.0
    horizontal_flip: bool = False
    vertical_flip: bool = False
    crop_min_area: float = 1.0
    crop_max_ratio: float = 1.0
    brightness: float = 0.0
    contrast: float = 0.0
    gamma: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg_min_quality: int = 100
    mixup: float = 0.0
    mixstyle: float = 0.0
    amplitude_mix: float = 0.0
    histogram_match: float = 0.0

    @property
    def resamples(self) -> bool:
        """Whether pixels move."""
        crops = self.crop_min_area < 1 or self.crop_max_ratio > 1
        flips = self.horizontal_flip or self.vertical_flip
        return bool(crops or flips or self.zoom or self.shift or self.rotation_deg)

    @property
    def changes_grey_levels(self) -> bool:
        """Whether brightness, contrast or gamma change."""
        return bool(self.brightness or self.contrast or self.gamma)

    @property
    def degrades(self) -> bool:
        """Whether films lose image quality."""
        return bool(self.blur or self.noise or self.jpeg_min_quality < 100)


PRESETS: dict[Preset, Augmentation] = {
    "none": Augmentation(),
    # as in public Kaggle notebooks, upside-down films included
    "notebook": Augmentation(zoom=0.3, vertical_flip=True),
    # No flips: the heart lies on the left. Blur, noise and JPEG compression hide the sharpness of a
    # film, which depends on the X-ray machine, and the machine is related to the label.
    "radiograph": Augmentation(
        zoom=0.15,
        shift=0.05,
        brightness=0.15,
        contrast=0.15,
        gamma=0.3,
        blur=0.015,
        noise=0.02,
        jpeg_min_quality=30,
    ),
    # Crops as in Szegedy et al., arXiv 1409.4842: 8 % of the area or more, sides of 3:4 to 4:3.
    # `python -m tests.studies.recipes` compared this preset with other recipes.
    "wide_crops": Augmentation(
        rotation_deg=10.0,
        crop_min_area=0.08,
        crop_max_ratio=4 / 3,
        brightness=0.15,
        contrast=0.3,
        gamma=0.3,
        blur=0.015,
        noise=0.02,
        jpeg_min_quality=30,
    ),
}
PRESET_NAMES: tuple[Preset, ...] = get_args(Preset)


def resolve(params: AugmentParams) -> Augmentation:
    """Take the preset, and replace its values by the keys that are not null.

    Args:
        params: Section `train.augment`.

    Example:
        >>> nulls = dict.fromkeys(AugmentParams.model_fields)
        >>> params = AugmentParams.model_validate(nulls | {"preset": "radiograph", "zoom": 0.3})
        >>> augmentation = resolve(params)
        >>> augmentation.zoom, augmentation.shift
        (0.3, 0.05)
    """
    set_keys: dict[str, Any] = {
        field.name: getattr(params, field.name)
        for field in fields(Augmentation)
        if getattr(params, field.name) is not None
    }
    return replace(PRESETS[params.preset], **set_keys)
