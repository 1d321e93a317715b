"""Sections `evaluate`, `explain`, `page` and `report` of params.yaml."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from tasks.core.params.class_name import canonical_label
from tasks.core.params.section import Count, Section, Seed, Share


def _class_name(value: object) -> str:
    """A class name in canonical form; YAML reads an unquoted 0 as a number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("write the name of the class in quotation marks")
    return canonical_label(str(value))


class EvaluateParams(Section):
    """How a model is evaluated.

    negative_class: the class that means "no finding", in any form of its name (`Normal`, `0`).
        Every other class is positive.
    target_sensitivity: sensitivity on validation that the operating point must reach. The highest
        threshold that reaches it is chosen.
    n_bootstrap: bootstrap samples, drawn by patient, for each 95 % interval.
    seed: seed of the bootstrap and of the baselines.
    """

    negative_class: Annotated[str, BeforeValidator(_class_name), Field(min_length=1)]
    target_sensitivity: Share
    n_bootstrap: Annotated[int, Field(ge=100)]
    seed: Seed


class ExplainParams(Section):
    """What the explanations show.

    n_per_outcome: films shown for each of true and false positives and negatives.
    n_channels: activation maps shown for each layer.
    """

    n_per_outcome: Count
    n_channels: Count


class PageParams(Section):
    """What the page of one model shows.

    n_calibration_bins: bins of the calibration curve; each bin has the same number of films.
    """

    n_calibration_bins: Annotated[int, Field(ge=2, le=50)]


class ReportParams(Section):
    """What the report shows.

    title: heading of reports/index.html.
    """

    title: Annotated[str, Field(min_length=1)]
