"""Section `train` of params.yaml, with `train.augment`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tasks.core.params.section import Count, Section, Seed, Share

Preset = Literal["none", "notebook", "radiograph"]


class AugmentParams(Section):
    """Random changes to training films, as layers of the graph; a key that is null is the preset's.

    preset: `none`; `notebook` zooms by 0.3 and flips upside down, as the notebooks do;
        `radiograph` is robust to a change of machine and never mirrors.
    zoom, shift: share of the side, either way. rotation_deg: degrees either way.
    horizontal_flip: mirror left and right. vertical_flip: upside down. Half of the films each.
    crop_min_area: least share of the film that a random crop keeps, enlarged to the whole square;
        1 keeps all. crop_max_ratio: longer over shorter side of that crop at most.
    brightness, contrast: share of the full range, either way. gamma: exponent up to 1 + gamma and
        down to its inverse.
    blur: largest standard deviation, share of the side. noise: the same, share of the full range.
    jpeg_min_quality: worst quality of JPEG compression, 1 to 100; 100 leaves films alone.
    mixup: parameter of the beta distribution that mixes pairs of films and labels; 0 mixes none.
    """

    preset: Preset
    zoom: Annotated[float, Field(ge=0, lt=1)] | None
    shift: Annotated[float, Field(ge=0, lt=1)] | None
    rotation_deg: Annotated[float, Field(ge=0, le=180)] | None
    horizontal_flip: bool | None
    vertical_flip: bool | None
    crop_min_area: Annotated[float, Field(gt=0, le=1)] | None
    crop_max_ratio: Annotated[float, Field(ge=1, le=4)] | None
    brightness: Annotated[float, Field(ge=0, lt=1)] | None
    contrast: Annotated[float, Field(ge=0, lt=1)] | None
    gamma: Annotated[float, Field(ge=0, le=4)] | None
    blur: Annotated[float, Field(ge=0, le=0.25)] | None
    noise: Annotated[float, Field(ge=0, le=1)] | None
    jpeg_min_quality: Annotated[int, Field(ge=1, le=100)] | None
    mixup: Annotated[float, Field(ge=0, le=4)] | None


class TrainParams(Section):
    """How every model of `models` is fitted.

    seed, n_seeds: n_seeds networks are fitted, by seed, seed + 1, ..., and their logits averaged.
    precision: `auto` is mixed_float16 on a GPU and float32 on a CPU.
    learning_rate: Adam's, at its highest.
    schedule: `plateau` lowers the rate by plateau_factor after plateau_patience epochs without a
        lower validation loss; `cosine` lets it fall to 0 at the last epoch, after warmup_epochs of
        rising, of which a shorter run takes all but its last; `constant`.
    early_stopping_patience: epochs without a lower validation loss before the fit ends and the
        weights of the best epoch are kept; null runs all epochs and keeps the last one's.
    average_momentum: of the moving average of the weights that is validated and kept; null for the
        weights as they are.
    loss: `cross_entropy` or `focal`, which weighs films that are already right less, the more so
        the higher focal_gamma.
    label_smoothing: share of each label that is spread over all classes.
    combine_remedies: whether the focal loss may come on top of `resample.balance`.
    weights: what the network starts from: `none` (random), `imagenet` (keras.applications only) or
        a weights file; weights_sha256 says which file that is, null for the other two.
    freeze_epochs: first epochs, of `epochs`, in which only the new head learns; then everything
        but the batch normalisation does, at fine_tune_learning_rate.
    """

    epochs: Count
    batch_size: Count
    seed: Seed
    n_seeds: Annotated[int, Field(ge=1, le=20)]
    precision: Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]
    learning_rate: Annotated[float, Field(gt=0, lt=1)]
    schedule: Literal["plateau", "cosine", "constant"]
    warmup_epochs: Annotated[int, Field(ge=0)]
    plateau_factor: Share
    plateau_patience: Count
    early_stopping_patience: Count | None
    average_momentum: Share | None
    loss: Literal["cross_entropy", "focal"]
    focal_gamma: Annotated[float, Field(ge=0, le=10)]
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    combine_remedies: bool
    weights: Annotated[str, Field(min_length=1)]
    weights_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None
    freeze_epochs: Annotated[int, Field(ge=0)]
    fine_tune_learning_rate: Annotated[float, Field(gt=0, lt=1)]
    augment: AugmentParams

    @model_validator(mode="after")
    def _start_is_whole(self) -> Self:
        from_file = self.weights not in {"none", "imagenet"}
        if from_file and self.weights_sha256 is None:
            raise ValueError(f"weights_sha256 is missing; `sha256sum {self.weights}` prints it")
        if self.weights_sha256 is not None and not from_file:
            raise ValueError(f"weights_sha256 is for a file, and weights is {self.weights}")
        if self.freeze_epochs and self.weights == "none":
            raise ValueError("freeze_epochs is for weights from elsewhere, and weights is none")
        return self

    @model_validator(mode="after")
    def _seeds_exist(self) -> Self:
        if self.seed + self.n_seeds > 2**32:
            raise ValueError("seed + n_seeds is at most 2**32")
        return self
