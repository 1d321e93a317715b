"""params.yaml, typed: one frozen class per section; an unknown key is refused.

A parameter lives in three places: params.yaml, its field here, and its use.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from tasks.data_params import (
    ComputeParams,
    Count,
    IngestParams,
    ResampleParams,
    ResizeParams,
    Section,
    Seed,
    Share,
    ValidateParams,
)
from tasks.errors import ParamsError

__all__ = [
    "AugmentParams",
    "ComputeParams",
    "EvaluateParams",
    "ExplainParams",
    "IngestParams",
    "PageParams",
    "Params",
    "ReportParams",
    "ResampleParams",
    "ResizeParams",
    "Section",
    "TrainParams",
    "ValidateParams",
    "load_params",
]

ModelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


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


class EvaluateParams(Section):
    """How a model is judged.

    negative_class: the class that means "no finding"; every other class counts as positive.
    target_sensitivity: the operating point is the highest threshold that reaches it on validation.
    n_bootstrap: patient-level resamples behind each 95 % interval.
    """

    negative_class: Annotated[str, Field(min_length=1)]
    target_sensitivity: Share
    n_bootstrap: Annotated[int, Field(ge=100)]
    seed: Seed


class ExplainParams(Section):
    """n_per_outcome: films shown for each of TP, TN, FP, FN. n_channels: maps shown per layer."""

    n_per_outcome: Count
    n_channels: Count


class PageParams(Section):
    """n_calibration_bins: bins of the reliability diagram, equal in number of films."""

    n_calibration_bins: Annotated[int, Field(ge=2, le=50)]


class ReportParams(Section):
    """title: heading of reports/index.html."""

    title: Annotated[str, Field(min_length=1)]


class Params(Section):
    """The whole of params.yaml.

    per_model: for each model the keys of `train` that differ for it; `{}` for none.
    """

    ingest: IngestParams
    validate_: ValidateParams = Field(alias="validate")  # `validate` is a method of BaseModel
    resample: ResampleParams
    resize: ResizeParams
    compute: ComputeParams
    models: Annotated[list[ModelName], Field(min_length=1)]
    train: TrainParams
    per_model: dict[ModelName, dict[str, Any]]
    evaluate: EvaluateParams
    explain: ExplainParams
    page: PageParams
    report: ReportParams

    @model_validator(mode="after")
    def _one_remedy(self) -> Self:
        """Class weights, repeated films and the focal loss all answer imbalance."""
        balance = self.resample.balance
        trains = [self.train_of(model) for model in self.models]
        alone = [train for train in trains if train.loss == "focal" and not train.combine_remedies]
        if alone and balance != "none":
            raise ValueError(
                f"train.loss focal and resample.balance {balance} both answer imbalance: set"
                " resample.balance to none, or train.combine_remedies to true"
            )
        return self

    @field_validator("models")
    @classmethod
    def _names_differ(cls, models: list[str]) -> list[str]:
        if len(set(models)) < len(models):
            raise ValueError("each model is named once")
        return models

    @field_validator("per_model")
    @classmethod
    def _overrides_fit(
        cls, per_model: dict[str, dict[str, Any]], info: ValidationInfo
    ) -> dict[str, dict[str, Any]]:
        missing = [name for name in info.data.get("models", []) if name not in per_model]
        faults = [f"{name} is missing; `{name}: {{}}` if nothing differs" for name in missing]
        for name, changes in per_model.items():
            try:
                if "train" in info.data:
                    _changed(info.data["train"], changes)
            except ValidationError as error:
                faults += [_fault((name, *fault["loc"]), fault["msg"]) for fault in error.errors()]
        if faults:
            raise ValueError("; ".join(faults))
        return per_model

    def train_of(self, model: str) -> TrainParams:
        """Section `train` as it holds for one model of `models`."""
        return _changed(self.train, self.per_model.get(model, {}))


def _changed(train: TrainParams, changes: dict[str, Any]) -> TrainParams:
    return TrainParams.model_validate(_merged(train.model_dump(), changes))


def _merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Values with some changed; a section inside is merged key by key."""
    inner = {
        key: _merged(values[key], change)
        for key, change in changes.items()
        if isinstance(change, dict) and isinstance(values.get(key), dict)
    }
    return values | changes | inner


def load_params(path: Path) -> Params:
    """Read and check params.yaml.

    Raises:
        ParamsError: The file is missing, is no YAML mapping, lacks a key, has an unknown one, or
            a value breaks its rule. The message lists every fault by its dotted name.
    """
    try:
        values = yaml.safe_load(path.read_bytes())
        return Params.model_validate(values)
    except FileNotFoundError as error:
        raise ParamsError(
            "params.yaml must exist in the folder the stage runs in",
            found="no such file",
            where=str(path),
            next_step="run the command in the repository root",
        ) from error
    except yaml.YAMLError as error:
        raise ParamsError(
            "params.yaml must be valid YAML",
            found=" ".join(str(error).split()),
            where=str(path),
            next_step="mend that line, or restore the file with `git checkout params.yaml`",
        ) from error
    except ValidationError as error:
        raise ParamsError(
            "every key of params.yaml must be known and within its range",
            found="; ".join(_fault(fault["loc"], fault["msg"]) for fault in error.errors()),
            where=str(path),
            next_step="see the class of that section in tasks/params.py for names and ranges",
        ) from error


def _fault(location: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, location)) or 'the file'}: {message}"
