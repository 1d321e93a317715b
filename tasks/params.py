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


class AugmentParams(Section):
    """Random changes to training films, as layers of the graph. 0 switches one off.

    zoom, shift: share of the side. rotation_deg: degrees either way. brightness, contrast: share
    of the full range. flip: mirror left and right.
    """

    zoom: Annotated[float, Field(ge=0, lt=1)]
    shift: Annotated[float, Field(ge=0, lt=1)]
    rotation_deg: Annotated[float, Field(ge=0, le=180)]
    brightness: Annotated[float, Field(ge=0, lt=1)]
    contrast: Annotated[float, Field(ge=0, lt=1)]
    flip: bool


class TrainParams(Section):
    """How every model of `models` is fitted.

    learning_rate: Adam's. plateau_*: ReduceLROnPlateau on the validation loss.
    early_stopping_patience: epochs without a better validation loss before the fit ends.
    precision: `auto` is mixed_float16 on a GPU and float32 on a CPU.
    weights: what the network starts from: `none` (random), `imagenet` (keras.applications only) or
        a weights file; weights_sha256 says which file that is, null for the other two.
    freeze_epochs: first epochs, of `epochs`, in which only the new head learns; then everything
        but the batch normalisation does, at fine_tune_learning_rate.
    """

    epochs: Count
    batch_size: Count
    seed: Seed
    precision: Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]
    learning_rate: Annotated[float, Field(gt=0, lt=1)]
    plateau_factor: Share
    plateau_patience: Count
    early_stopping_patience: Count
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
