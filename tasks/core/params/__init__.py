"""params.yaml with types: one frozen class per section; an unknown key is an error.

To add a parameter, add it to params.yaml, add a field to the class of its section, and use it.
"""

from tasks.core.params.data import (
    ComputeParams,
    IngestParams,
    ResampleParams,
    ResizeParams,
    ValidateParams,
)
from tasks.core.params.film_table import TableParams, Uncertain
from tasks.core.params.gating import GateParams
from tasks.core.params.params import Params, check_params, load_params, parse_params
from tasks.core.params.reporting import (
    AdaptParams,
    EvaluateParams,
    ExplainParams,
    LabelAuditParams,
    PageParams,
    ReportParams,
    RobustnessParams,
)
from tasks.core.params.screening import ScreenParams
from tasks.core.params.section import Section
from tasks.core.params.training import (
    AugmentParams,
    Preset,
    Pretraining,
    PretrainingParams,
    StatedAugmentParams,
    StatedPretrainingParams,
    StatedTrainParams,
    TrainParams,
)

__all__ = [
    "AdaptParams",
    "AugmentParams",
    "ComputeParams",
    "EvaluateParams",
    "ExplainParams",
    "GateParams",
    "IngestParams",
    "LabelAuditParams",
    "PageParams",
    "Params",
    "Preset",
    "Pretraining",
    "PretrainingParams",
    "ReportParams",
    "ResampleParams",
    "ResizeParams",
    "RobustnessParams",
    "ScreenParams",
    "Section",
    "StatedAugmentParams",
    "StatedPretrainingParams",
    "StatedTrainParams",
    "TableParams",
    "TrainParams",
    "Uncertain",
    "ValidateParams",
    "check_params",
    "load_params",
    "parse_params",
]
