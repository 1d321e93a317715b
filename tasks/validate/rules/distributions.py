"""Expectations about distributions: shortcuts, and drift from a reference manifest."""

from tasks.core.params import ValidateParams
from tasks.validate.rules.rule import Rule

_SUBJECTS = {
    "metadata": "Facts of the file (size, bytes, coding, metadata)",
    "pixels": "Trivial pixel statistics (brightness, sharpness, border)",
}


def shortcut_rules(params: ValidateParams) -> list[Rule]:
    """Facts of the file and trivial statistics predict neither the class nor the test split."""
    questions = (
        ("label", "tell_no_class", "do not predict the class", params.max_shortcut_auroc),
        (
            "split",
            "tell_no_split",
            "do not separate the given test split from the rest of its class",
            params.max_shift_auroc,
        ),
    )
    return [
        Rule(
            group="shortcuts",
            name=f"{family}_{name}",
            title=f"{subject} {claim}",
            severity="warning",
            threshold=f"AUROC at most {limit:g}",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "auroc", "max_value": limit},
            frame=f"{question}_{family}",
            shows=("auroc",),
            key="finding",
        )
        for question, name, claim, limit in questions
        for family, subject in _SUBJECTS.items()
    ]


def drift_rules(params: ValidateParams) -> list[Rule]:
    """The films have the same distributions and classes as `validate.reference`."""
    return [
        Rule(
            group="drift",
            name="statistics_stable",
            title="Facts of the files and pixel statistics are distributed as in the reference",
            severity="warning",
            threshold=f"stability index at most {params.max_drift:g}",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "psi", "max_value": params.max_drift},
            frame="drift",
            shows=("psi", "reference", "current"),
            key="statistic",
        ),
        Rule(
            group="drift",
            name="no_class_vanished",
            title="Every class of the reference still has films",
            severity="error",
            threshold="at least 1 film",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "n_current", "min_value": 1},
            frame="class_drift",
            shows=("n_reference", "n_current"),
            unit="films",
            key="label",
        ),
        Rule(
            group="drift",
            name="no_new_class",
            title="No class is missing from the reference",
            severity="warning",
            threshold="at least 1 film in the reference",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "n_reference", "min_value": 1},
            frame="class_drift",
            shows=("n_reference", "n_current"),
            unit="films in the reference",
            key="label",
        ),
        Rule(
            group="drift",
            name="class_shares_stable",
            title="The shares of the classes are those of the reference",
            severity="warning",
            threshold=f"stability index at most {params.max_drift:g}",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "psi", "max_value": params.max_drift},
            frame="class_shares",
            shows=("psi",),
            key="statistic",
        ),
    ]
