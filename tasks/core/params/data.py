"""Sections `ingest`, `validate`, `resample`, `compute` and `resize` of params.yaml."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tasks.core.params.section import Count, Section, Seed, Share
from tasks.core.paths import PHANTOM


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
