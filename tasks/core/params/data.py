"""Sections `ingest`, `validate`, `resample`, `compute` and `resize` of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tasks.core.params.film_table import TableParams
from tasks.core.params.section import Count, Section, Seed, Share


class IngestParams(Section):
    """Where the films are.

    source: a folder, a zip or an fsspec URL (`s3://bucket/folder`). A path is absolute or relative
        to the repository root.
    layout: the reader that finds labels and splits. `auto` takes the first that recognises the
        files.
    table: the columns of a table that lists the films, and which findings are which class; null if
        a layout knows the source.
    corrections: a CSV file of reviewers' marks, or a folder of such files; see
        data/corrections/README.md.
    min_side_px: a film with a shorter side is rejected as `too_small`.
    max_colour: mean difference between the largest and the smallest colour channel, in grey levels.
        A picture above it is rejected as `colour_photograph`.
    near_duplicate_bits: largest number of bits, of 256, in which the difference hashes of near
        duplicates differ. 12 gave no false pair in 17 million pairs (data/README.md).
    near_duplicate_correlation: smallest correlation between thumbnails of near duplicates.
    patient_salt: text that is hashed together with the patient fields of DICOM files. Keep your own
        secret, best in the environment variable LUNGLINE_PATIENT_SALT (see `load_params`).
    """

    source: Annotated[str, Field(min_length=1)]
    layout: Literal[
        "auto", "table", "index", "nih", "chexpert", "rsna", "covidx", "vindr", "padchest",
        "coronahack", "dincer", "mooney", "radiography", "covid_qu_ex", "covid19",
        "class_folders",
    ]  # fmt: skip
    table: TableParams | None
    corrections: Annotated[str, Field(min_length=1)]
    min_side_px: Count
    max_colour: Annotated[float, Field(gt=0, le=255)]
    near_duplicate_bits: Annotated[int, Field(ge=0, le=32)]
    near_duplicate_correlation: Annotated[float, Field(ge=-1, le=1)]
    patient_salt: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _table_is_read(self) -> Self:
        states_file = self.table is not None and self.table.file is not None
        if self.layout == "table" and not states_file:
            raise ValueError("layout is table, and table states no file and path")
        if states_file and self.layout not in ("auto", "table"):
            raise ValueError(f"table states a file, but layout {self.layout} does not read it")
        return self


class ValidateParams(Section):
    """Thresholds of the data gate (tasks/validate/suite.py lists the expectations).

    min_films, min_class_films, min_class_patients: fewest usable films and patients.
    max_rejected_share: largest share of rejected files. Masks, nested copies, files that are no
        images and films of no class in the mapping do not count.
    max_class_rejected_share: the same among the files of one class.
    max_duplicate_share, max_near_duplicate_share: largest shares of the usable films.
    max_class_ratio: largest ratio between the sizes of the largest and the smallest class.
    max_aspect: largest ratio of the longer to the shorter side.
    max_shortcut_auroc: largest AUROC with which file facts or simple pixel statistics may predict
        the class.
    max_shift_auroc: largest AUROC with which they may tell the given test split from the other
        films of the same class.
    max_upside_down_share: largest share of the usable films.
    reference: manifest of an earlier run to compare with; null for none.
    max_drift: largest population stability index of one statistic against the reference.
    severity: expectations whose severity differs from the suite's: name to `error` or `warning`.
    """

    min_films: Count
    min_class_films: Count
    min_class_patients: Count
    max_rejected_share: Share
    max_class_rejected_share: Share
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
    """How the films become a cohort.

    seed: seed of the splits and of resampling.
    labels: `folder` keeps the labels of the layout. `binary` uses NORMAL and PNEUMONIA. `subtype`
        uses NORMAL, BACTERIA and VIRUS.
    keep_given_test: whether to keep a test split that the folders give. If not, the given splits
        are joined.
    test_share: probability that a patient is in the test split. Unused with a kept test split.
    val_share: probability that a patient outside the test split is in the validation split.
    balance: correction for class imbalance. `class_weight` gives each training film the weight
        n / (k * n_class). `oversample` repeats films of the smaller classes. `undersample` leaves
        out films of the larger classes. `none` corrects nothing.
    n_folds, fold: number of cross-validation folds, and the fold used for validation. With 0 folds
        there is one validation split.
    acquisition_clusters: number of clusters of training films by facts of the file and its
        detector, for `train.group_dro_step`; null for none.
    """

    seed: Seed
    labels: Literal["folder", "binary", "subtype"]
    keep_given_test: bool
    test_share: Share
    val_share: Share
    balance: Literal["none", "class_weight", "oversample", "undersample"]
    n_folds: Annotated[int, Field(ge=0, le=20)]
    fold: Annotated[int, Field(ge=0)]
    acquisition_clusters: Annotated[int, Field(ge=2, le=20)] | None

    @model_validator(mode="after")
    def _fold_exists(self) -> Self:
        if self.n_folds == 1 or self.fold >= max(self.n_folds, 1):
            raise ValueError("n_folds must be 0 or at least 2, and fold must be below n_folds")
        return self


class ComputeParams(Section):
    """Where the work runs. No output depends on it, so no stage of dvc.yaml names it.

    n_workers: worker processes on this machine, or reader threads in `train`; null for one per
        core.
    dask_scheduler: address of a dask.distributed scheduler (`tcp://host:8786`); null for worker
        processes on this machine.
    """

    n_workers: Count | None
    dask_scheduler: Annotated[str, Field(min_length=1)] | None


class ResizeParams(Section):
    """How a film becomes the square image that the networks see.

    size_px: side of the square, in pixels; images are grey and have 8 bits.
    geometry: `stretch` ignores the aspect ratio. `letterbox` keeps it and pads with black. `crop`
        keeps it and cuts both ends of the longer side.
    intensity: `none` keeps the grey levels. `percentile` stretches the 1st to the 99th percentile.
        `clahe` equalises the histogram locally.
    region: `none` is the whole film. `border` cuts off dark borders. `lungs` is the box around both
        lungs, or the whole film if they are not found.
    common_resolution_px: shorter side to which every film is scaled down first, so that large films
        do not end sharper; null for none.
    """

    size_px: Annotated[int, Field(ge=16, le=1024)]
    geometry: Literal["stretch", "letterbox", "crop"]
    intensity: Literal["none", "percentile", "clahe"]
    region: Literal["none", "border", "lungs"]
    common_resolution_px: Annotated[int, Field(ge=16, le=4096)] | None
