"""params.yaml, typed: one frozen class per section; an unknown key is refused.

A parameter lives in three places: params.yaml, its field here, and its use.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tasks.errors import ParamsError
from tasks.paths import PHANTOM

Share = Annotated[float, Field(gt=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Count = Annotated[int, Field(ge=1)]
ModelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Section(BaseModel):
    """A section of params.yaml: values cannot change after loading, unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IngestParams(Section):
    """Where the films come from.

    source: folder, zip, index file (CSV or Parquet) or fsspec URL (`s3://bucket/folder`); paths
        are absolute or relative to the repository root.
    layout: which reader names labels and splits; `auto` picks the first that recognises the tree.
    min_side_px: a film with a shorter side is rejected as `too_small`.
    max_colour: mean difference between the largest and smallest colour channel, in grey levels,
        above which a picture is rejected as `colour_photograph`.
    near_duplicate_bits: films whose 256-bit difference hashes differ in at most so many bits
        may be near duplicates. 12 gave no false pair in 17 million (data/README.md).
    near_duplicate_correlation: they are if their thumbnails correlate at least so well.
    patient_salt: goes into the hash that replaces patient fields of DICOM files.
    """

    source: Annotated[str, Field(min_length=1)]
    layout: Literal["auto", "mooney", "dincer", "radiography", "covid19", "index", "class_folders"]
    min_side_px: Count
    max_colour: Annotated[float, Field(gt=0, le=255)]
    near_duplicate_bits: Annotated[int, Field(ge=0, le=32)]
    near_duplicate_correlation: Annotated[float, Field(ge=-1, le=1)]
    patient_salt: Annotated[str, Field(min_length=1)]

    @property
    def is_synthetic(self) -> bool:
        """Whether the films are those of the built-in phantom set."""
        return Path(self.source).is_relative_to(PHANTOM)


class ValidateParams(Section):
    """Thresholds of the data gate (see `tasks/validate/suite.py` for each expectation).

    min_films, min_class_films, min_class_patients: fewest usable films and patients.
    max_rejected_share: of all films (masks, nested copies and files that are no images apart).
    max_duplicate_share, max_near_duplicate_share: of usable films.
    max_class_ratio: largest class over smallest class.
    max_aspect: longer side over shorter side.
    max_shortcut_auroc: how well facts of the file or trivial pixel statistics may tell the class.
    max_shift_auroc: how well they may tell the given test split from the rest of one class.
    max_upside_down_share: of usable films.
    reference: manifest of an earlier run that this one is compared with; null for none.
    max_drift: population stability index of one statistic against the reference.
    severity: name of an expectation to `error` or `warning`, where the suite's choice is wrong.
    """

    min_films: Count
    min_class_films: Count
    min_class_patients: Count
    max_rejected_share: Share
    max_duplicate_share: Share
    max_near_duplicate_share: Share
    max_class_ratio: Annotated[float, Field(ge=1)]
    max_aspect: Annotated[float, Field(ge=1)]
    max_shortcut_auroc: Annotated[float, Field(ge=0.5, le=1)]
    max_shift_auroc: Annotated[float, Field(ge=0.5, le=1)]
    max_upside_down_share: Annotated[float, Field(ge=0, lt=1)]
    reference: Annotated[str, Field(min_length=1)] | None
    max_drift: Annotated[float, Field(gt=0)]
    severity: dict[str, Literal["error", "warning"]]


class ResampleParams(Section):
    """How films become a cohort.

    labels: `folder` as the layout says; `binary` NORMAL or PNEUMONIA; `subtype` NORMAL, BACTERIA
        or VIRUS.
    keep_given_test: keep the test split that the folders give, where they give one; else the
        given splits are joined.
    test_share: chance of a patient to be in the test split, when no test split is given or kept.
    val_share: chance of a patient outside the test split to be in the validation split.
    balance: `class_weight` weighs each training film by n / (k * n_class); `oversample` repeats
        films of the smaller classes; `undersample` leaves films of the larger ones out; `none`.
    n_folds: 0 for one validation split, k to write k folds; `fold` is the one that validates.
    """

    seed: Seed
    labels: Literal["folder", "binary", "subtype"]
    keep_given_test: bool
    test_share: Share
    val_share: Share
    balance: Literal["none", "class_weight", "oversample", "undersample"]
    n_folds: Annotated[int, Field(ge=0, le=20)]
    fold: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _fold_exists(self) -> Self:
        if self.n_folds == 1 or self.fold >= max(self.n_folds, 1):
            raise ValueError("n_folds is 0 or at least 2, and fold is below it")
        return self


class ComputeParams(Section):
    """Where work runs; no artifact depends on it, and no stage in dvc.yaml names it.

    n_workers: processes of this machine; all cores when null. Training is one process, in which as
        many threads read the films; one when null.
    dask_scheduler: address of a dask.distributed scheduler (`tcp://host:8786`); null for processes
        of this machine.
    """

    n_workers: Count | None
    dask_scheduler: Annotated[str, Field(min_length=1)] | None


class ResizeParams(Section):
    """How a film becomes the image that the models see.

    size_px: side of the square, grey, 8-bit images.
    geometry: `stretch` to the square; `letterbox` keeps the aspect ratio and pads with black;
        `crop` keeps it and cuts the longer side evenly.
    intensity: `none`; `percentile` spreads the 1st to 99th percentile; `clahe` equalises locally.
    region: `none` is the whole film; `border` trims dark borders; `lungs` is the box around both
        lung fields, or the whole film where they are not found.
    common_resolution_px: shorter side that every film is first brought down to, so that none ends
        sharper than another; null for none.
    """

    size_px: Annotated[int, Field(ge=16, le=1024)]
    geometry: Literal["stretch", "letterbox", "crop"]
    intensity: Literal["none", "percentile", "clahe"]
    region: Literal["none", "border", "lungs"]
    common_resolution_px: Annotated[int, Field(ge=16, le=4096)] | None


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

    seed, n_seeds: n_seeds networks are fitted, by seed, seed + 1, ..., and their logits averaged.
    precision: `auto` is mixed_float16 on a GPU and float32 on a CPU.
    learning_rate: Adam's, at its highest.
    schedule: `plateau` lowers the rate by plateau_factor after plateau_patience epochs without a
        lower validation loss; `cosine` lets it fall to 0 at the last epoch, after warmup_epochs of
        rising; `constant`.
    early_stopping_patience: epochs without a lower validation loss before the fit ends and the
        weights of the best epoch are kept; null runs all epochs and keeps the last one's.
    average_momentum: of the moving average of the weights that is validated and kept; null for the
        weights as they are.
    loss: `cross_entropy` or `focal`, which weighs films that are already right less, the more so
        the higher focal_gamma.
    label_smoothing: share of each label that is spread over all classes.
    combine_remedies: whether the focal loss may come on top of `resample.balance`.
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
    augment: AugmentParams

    @model_validator(mode="after")
    def _warm_up_ends(self) -> Self:
        if self.schedule == "cosine" and self.warmup_epochs >= self.epochs:
            raise ValueError("warmup_epochs is below epochs")
        if self.schedule != "cosine" and self.warmup_epochs:
            raise ValueError("warmup_epochs is 0 unless schedule is cosine")
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
    """The whole of params.yaml."""

    ingest: IngestParams
    validate_: ValidateParams = Field(alias="validate")  # `validate` is a method of BaseModel
    resample: ResampleParams
    resize: ResizeParams
    compute: ComputeParams
    models: Annotated[list[ModelName], Field(min_length=1)]
    train: TrainParams
    evaluate: EvaluateParams
    explain: ExplainParams
    page: PageParams
    report: ReportParams

    @model_validator(mode="after")
    def _one_remedy(self) -> Self:
        """Class weights, repeated films and the focal loss all answer imbalance."""
        balance = self.resample.balance
        if self.train.loss == "focal" and balance != "none" and not self.train.combine_remedies:
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
