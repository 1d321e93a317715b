"""Sections of params.yaml behind the models: `evaluate`, `explain`, `page`, `report`."""

from typing import Annotated

from pydantic import Field

from tasks.core.params.section import Count, Section, Seed, Share


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
