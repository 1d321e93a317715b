"""Read and check params.yaml; the error names every fault by its dotted key."""

import os
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import yaml
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from tasks.core.errors import ParamsError
from tasks.core.params.data import (
    ComputeParams,
    IngestParams,
    ResampleParams,
    ResizeParams,
    ValidateParams,
)
from tasks.core.params.gating import GateParams
from tasks.core.params.monitoring import MonitorParams
from tasks.core.params.publishing import ReleaseParams
from tasks.core.params.reporting import EvaluateParams, ExplainParams, PageParams, ReportParams
from tasks.core.params.screening import ScreenParams
from tasks.core.params.section import Section
from tasks.core.params.training import StatedTrainParams
from tasks.core.params.yaml_file import read_yaml
from tasks.core.params_read import note_params

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PATIENT_SALT = "LUNGLINE_PATIENT_SALT"  # environment variable; it goes before params.yaml
# Errors whose message needs no value
_SAID_ALREADY = ("missing", "extra_forbidden", "value_error")
ModelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Params(Section):
    """All sections of params.yaml.

    models: names of the models to train, each once.
    per_model: for each model, the keys of `train` that differ for it; `{}` for none.
    """

    ingest: IngestParams
    validate_: ValidateParams = Field(alias="validate")  # `validate` is a method of BaseModel
    resample: ResampleParams
    resize: ResizeParams
    compute: ComputeParams
    models: Annotated[list[ModelName], Field(min_length=1)]
    train: StatedTrainParams
    per_model: dict[ModelName, dict[str, Any]]
    evaluate: EvaluateParams
    explain: ExplainParams
    page: PageParams
    report: ReportParams
    release: ReleaseParams
    gate: GateParams
    screen: ScreenParams
    monitor: MonitorParams

    @model_validator(mode="after")
    def _has_one_correction_for_imbalance(self) -> Self:
        """Class weights, resampling and the focal loss all correct class imbalance."""
        balance = self.resample.balance
        trains = [self.train_of(model) for model in self.models]
        alone = [train for train in trains if train.loss == "focal" and not train.combine_remedies]
        if alone and balance != "none":
            raise ValueError(
                f"train.loss focal and resample.balance {balance} both correct class imbalance: set"
                " resample.balance to none, or train.combine_remedies to true"
            )
        return self

    @model_validator(mode="after")
    def _group_dro_has_groups(self) -> Self:
        steps = [self.train_of(model).group_dro_step for model in self.models]
        if any(step is not None for step in steps) and self.resample.acquisition_clusters is None:
            raise ValueError(
                "train.group_dro_step needs groups of films: set resample.acquisition_clusters, for"
                " example to 4"
            )
        return self

    @field_validator("models")
    @classmethod
    def _names_differ(cls, models: list[str]) -> list[str]:
        if len(set(models)) < len(models):
            raise ValueError("each model must be named once")
        return models

    @field_validator("per_model")
    @classmethod
    def _overrides_are_valid(
        cls, per_model: dict[str, dict[str, Any]], info: ValidationInfo
    ) -> dict[str, dict[str, Any]]:
        models = info.data.get("models", [])
        missing = [name for name in models if name not in per_model]
        faults = [f"{name} is missing; add `{name}: {{}}` if nothing differs" for name in missing]
        for name, changes in per_model.items():
            try:
                if "train" in info.data:
                    _changed(info.data["train"], changes)
            except ValidationError as error:
                # settings that do not go together (no `loc`) harm only a network that is trained
                found = [one for one in error.errors() if one["loc"] or name in models]
                faults += [_fault(one, name) for one in found]
        if faults:
            raise ValueError("; ".join(faults))
        return per_model

    def train_of(self, model: str) -> StatedTrainParams:
        """Return section `train` with the changes of `per_model` for one model."""
        return _changed(self.train, self.per_model.get(model, {}))


def _changed(train: StatedTrainParams, changes: dict[str, Any]) -> StatedTrainParams:
    return StatedTrainParams.model_validate(_merged(train.model_dump(), changes))


def _merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Replace some values; an inner section is merged key by key."""
    inner = {
        key: _merged(values[key], change)
        for key, change in changes.items()
        if isinstance(change, dict) and isinstance(values.get(key), dict)
    }
    return values | changes | inner


def load_params(path: Path) -> Params:
    """Read and check params.yaml.

    `ingest.patient_salt` is the value of the environment variable LUNGLINE_PATIENT_SALT, if that
    is set and not empty. So a secret salt need not stand in a file that Git and DVC keep.

    Args:
        path: params.yaml.

    Raises:
        ParamsError: The file is missing or is no YAML mapping; a key is missing or unknown; a value
            breaks its rule. The message lists every fault by its dotted key.

    Example:
        >>> import tasks
        >>> params = load_params(Path(tasks.__file__).parents[1] / "params.yaml")
        >>> params.evaluate.negative_class
        'NORMAL'
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ParamsError(
            "params.yaml must exist in the folder that the stage runs in",
            found="no such file",
            where=str(path),
            next_step="run the command in the repository root",
        ) from error
    return parse_params(data, str(path))


def parse_params(data: bytes, where: str) -> Params:
    """Read and check the bytes of params.yaml, as `load_params`.

    Args:
        data: Of the file, or of one that git keeps.
        where: What the message names as the place of a fault.

    Raises:
        ParamsError: As `load_params`, if the file exists.
    """
    try:
        values = note_params(read_yaml(data))
    except yaml.YAMLError as error:
        raise ParamsError(
            "params.yaml must be valid YAML",
            found=" ".join(str(error).split()),
            where=where,
            next_step="correct that line, or restore the file with `git checkout params.yaml`",
        ) from error
    return check_params(values, where)


def check_params(values: Any, where: str) -> Params:
    """Check the content of params.yaml; the salt is that of the environment, as in `load_params`.

    Args:
        values: Content of the file, perhaps with changes.
        where: What the message names as the place of a fault.

    Raises:
        ParamsError: A key is missing or unknown, or a value breaks its rule.
    """
    try:
        return Params.model_validate(_with_secret_salt(values))
    except ValidationError as error:
        faults = error.errors()
        raise ParamsError(
            "every key of params.yaml must be known and within its range",
            found="; ".join(map(_fault, faults)),
            where=where,
            next_step=f"read the keys and ranges in {_classes(faults)}",
        ) from error


def _with_secret_salt(values: Any) -> Any:
    """Values of params.yaml with the salt of the environment, if there is one."""
    salt = os.environ.get(PATIENT_SALT)
    if salt and isinstance(values, dict) and isinstance(values.get("ingest"), dict):
        return values | {"ingest": values["ingest"] | {"patient_salt": salt}}
    return values


def _fault(fault: "ErrorDetails", model: str | None = None) -> str:
    """Name the key, its rule and, if it is short, the value that breaks it."""
    location = fault["loc"] if model is None else (model, *fault["loc"])
    rule = fault["msg"].removeprefix("Value error, ")
    value, is_secret = fault["input"], "patient_salt" in location
    kind = fault["type"]
    if kind not in _SAID_ALREADY and isinstance(value, str | int | float) and not is_secret:
        rule += f", not {textwrap.shorten(repr(value), 40)}"
    return f"{'.'.join(map(str, location)) or 'the file'}: {rule}"


def _classes(faults: "Iterable[ErrorDetails]") -> str:
    """Name the classes that define the keys at fault, each once with its file."""
    classes = dict.fromkeys(map(_class_of, faults))
    return ", ".join(f"{cls.__module__.replace('.', '/')}.py ({cls.__name__})" for cls in classes)


def _class_of(fault: "ErrorDetails") -> type[Section]:
    """Class of the innermost section on the way to a key, or of the section that breaks a rule."""
    location = fault["loc"]
    if location and location[0] == "per_model":
        return StatedTrainParams
    section: type[Section] = Params
    for key in location if fault["type"] == "value_error" else location[:-1]:
        fields = {field.alias or name: field for name, field in section.model_fields.items()}
        kind = fields[key].annotation if key in fields else None
        if not (isinstance(kind, type) and issubclass(kind, Section)):
            break
        section = kind
    return section
