"""What each preset of `train.augment` switches on."""

from dataclasses import dataclass, fields, replace
from typing import Any, get_args

from tasks.core.params import AugmentParams, Preset


@dataclass(frozen=True)
class Changes:
    """How far films are changed at most, fields as in `AugmentParams`; the defaults change none."""

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

    @property
    def moves(self) -> bool:
        """Whether films are resampled."""
        crops = self.crop_min_area < 1 or self.crop_max_ratio > 1
        mirrors = self.horizontal_flip or self.vertical_flip
        return bool(crops or mirrors or self.zoom or self.shift or self.rotation_deg)

    @property
    def tones(self) -> bool:
        """Whether grey levels change."""
        return bool(self.brightness or self.contrast or self.gamma)

    @property
    def degrades(self) -> bool:
        """Whether films lose quality."""
        return bool(self.blur or self.noise or self.jpeg_min_quality < 100)


PRESETS: dict[Preset, Changes] = {
    "none": Changes(),
    # as the notebooks have it; an upside-down chest is no chest
    "notebook": Changes(zoom=0.3, vertical_flip=True),
    # No mirroring: the heart lies left. The degradations take away how sharp a film is, which tells
    # of the machine, and the machine of the label. Chosen by `python -m tests.studies.recipes`
    # among wider crops and stronger moves: see the table of recipes in the README.
    "radiograph": Changes(
        zoom=0.15,
        shift=0.05,
        brightness=0.15,
        contrast=0.15,
        gamma=0.3,
        blur=0.015,
        noise=0.02,
        jpeg_min_quality=30,
    ),
}
PRESET_NAMES: tuple[Preset, ...] = get_args(Preset)


def resolve(params: AugmentParams) -> Changes:
    """The preset, with the keys that are not null in its place."""
    set_keys: dict[str, Any] = {
        field.name: getattr(params, field.name)
        for field in fields(Changes)
        if getattr(params, field.name) is not None
    }
    return replace(PRESETS[params.preset], **set_keys)
