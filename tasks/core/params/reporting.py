"""Sections `evaluate`, `explain`, `page` and `report` of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tasks.core.params.class_name import canonical_label
from tasks.core.params.section import Count, Section, Seed, Share


def _class_name(value: object) -> str:
    """A class name in canonical form; YAML reads an unquoted 0 as a number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("write the name of the class in quotation marks")
    return canonical_label(str(value))


def _each_class_once(value: object) -> object:
    """The same mapping, if no two of its keys are forms of one class name."""
    names = [_class_name(name) for name in value] if isinstance(value, dict) else []
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} stands twice, in two forms of its name")
    return value


ClassName = Annotated[str, BeforeValidator(_class_name), Field(min_length=1)]
ClassMapping = Annotated[dict[ClassName, ClassName | None], BeforeValidator(_each_class_once)]
# A cohort names a folder and a key of metrics.json
CohortName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
OperatingPointName = Literal[
    "half", "youden", "target_sensitivity", "target_specificity", "cost_weighted"
]
ThresholdRule = Literal["validation", "conditions_mean", "conditions_worst"]
_KEYS_OF_METRICS = {"test", "validation", "threshold"}


class AdaptParams(Section):
    """How a network is adapted to unlabelled films of another place.

    layers: whose batch-normalisation statistics are estimated again: none, all of them, or those
        of the first block only.
    alpha: share of the new statistics, 0 to 1; the rest is that of the training films.
    n_films: unlabelled films used; null: all of the cohort.
    """

    layers: Literal["none", "all", "early"]
    alpha: Annotated[float, Field(gt=0, le=1)]
    n_films: Annotated[int, Field(ge=8)] | None


class RobustnessParams(Section):
    """Limits on what a disturbance of the film may cost.

    min_auroc: lowest AUROC on the disturbed test films at strength 1 and 2 of 5; null: no limit.
    max_auroc_loss: largest loss of AUROC at strength 1 and 2 of 5; null: no limit.
    max_auroc_without_lungs: highest AUROC on test films with the lungs blanked; null: no limit.
    """

    min_auroc: Share | None
    max_auroc_loss: Share | None
    max_auroc_without_lungs: Share | None


class LabelAuditParams(Section):
    """How likely label errors are looked for.

    n_folds: folds by patient; the films of a fold are judged by a model of the other folds.
    n_listed: films on the page, the likeliest errors first.
    """

    n_folds: Annotated[int, Field(ge=2, le=20)]
    n_listed: Count


class EvaluateParams(Section):
    """How a model is evaluated.

    negative_class: the class that means "no finding", in any form of its name (`Normal`, `0`).
        Every other class is positive. null: no class means that, so there is no two-sided view.
    operating_point: the rule whose threshold calls the films. All rules are reported.
    threshold_on: films that choose every threshold. `validation`: the validation films as they
        are. `conditions_mean`, `conditions_worst`: these and eight changes of them, on average or
        in the worst condition; it costs eight more forward passes of the validation films.
    target_sensitivity: sensitivity that `target_sensitivity` must reach. The highest threshold
        that reaches it is chosen.
    target_specificity: the same for `target_specificity`; the lowest threshold is chosen.
    missed_finding_cost: cost of a missed finding, at most a million, if a false alarm costs 1
        (`cost_weighted`).
    prevalences: shares of films with a finding, for the predictive values.
    coverage: promised share of films whose class is in the conformal set, for each class.
    max_novel_share: share of validation films that the novelty score may flag.
    n_bootstrap: bootstrap samples, drawn by patient, for each 95 % interval.
    seed: seed of the bootstrap and of the baselines.
    external: cohorts of other hospitals, each with its source (folder, zip or URL).
    external_classes: for a cohort, the class of the model for each class of the cohort, or null to
        leave its films out. Classes with the same name, or of one scheme, need no entry.
    """

    negative_class: ClassName | None
    operating_point: OperatingPointName
    threshold_on: ThresholdRule
    target_sensitivity: Share
    target_specificity: Share
    missed_finding_cost: Annotated[float, Field(gt=0, le=1e6)]
    prevalences: Annotated[list[Share], Field(min_length=1)]
    coverage: Share
    max_novel_share: Share
    n_bootstrap: Annotated[int, Field(ge=100)]
    seed: Seed
    external: dict[CohortName, Annotated[str, Field(min_length=1)]]
    external_classes: dict[CohortName, ClassMapping]
    adapt: AdaptParams
    robustness: RobustnessParams
    labels: LabelAuditParams

    @model_validator(mode="after")
    def _cohorts_are_named(self) -> Self:
        taken = sorted(_KEYS_OF_METRICS & set(self.external))
        if taken:
            raise ValueError(f"external: {', '.join(taken)} is a key of metrics.json already")
        unknown = sorted(set(self.external_classes) - set(self.external))
        if unknown:
            raise ValueError(f"external_classes names no cohort of external: {', '.join(unknown)}")
        return self


MethodName = Literal[
    "hires_cam",
    "grad_cam",
    "grad_cam_plus_plus",
    "lime",
    "occlusion",
    "integrated_gradients",
]


class ExplainParams(Section):
    """What the explanations show.

    film_px: shorter side of the large films; a smaller film is not enlarged.
    n_shared: test films that every network explains; they do not depend on the networks.
    n_per_outcome: further test films for each of true and false positives and negatives.
    methods: attribution methods, in any order.
    n_lime_samples: copies of a film for LIME, each with some superpixels covered.
    n_graded: films on which each method is graded.
    n_activation_films: films whose activation maps are shown.
    n_maximised: channels of each shown depth for which a film is synthesised.
    seed: seed of LIME, of the noise and of the randomised weights.
    """

    film_px: Annotated[int, Field(ge=128, le=2048)]
    n_shared: Annotated[int, Field(ge=0)]
    n_per_outcome: Count
    methods: Annotated[list[MethodName], Field(min_length=1)]
    n_lime_samples: Annotated[int, Field(ge=32)]
    n_graded: Count
    n_activation_films: Count
    n_maximised: Annotated[int, Field(ge=0)]
    seed: Seed


class PageParams(Section):
    """How large the page of one model may be.

    most_megabytes: size of the file above which the stage warns; mail gateways have such limits.
    """

    most_megabytes: Annotated[float, Field(gt=0)]


class ReportParams(Section):
    """What the report shows.

    title: heading of reports/index.html.
    public_key: Ed25519 key that signs the pages, 64 hexadecimal digits; null leaves them unsigned.
    """

    title: Annotated[str, Field(min_length=1)]
    public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None
