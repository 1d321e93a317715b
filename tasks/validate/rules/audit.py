"""Expectations about what gives a film away, and about the distance from a reference manifest."""

from tasks.core.params import ValidateParams
from tasks.validate.rules.rule import Rule


def shortcuts(params: ValidateParams) -> list[Rule]:
    """Neither the file nor trivial statistics tell the class, or the given test split."""
    subjects = {
        "metadata": "Facts of the file (size, bytes, coding, metadata)",
        "pixels": "Trivial pixel statistics (brightness, sharpness, border)",
    }
    questions = (
        ("label", "tell_no_class", "do not tell the class", params.max_shortcut_auroc),
        (
            "split",
            "tell_no_split",
            "do not tell the given test split from the rest of a class",
            params.max_shift_auroc,
        ),
    )
    return [
        Rule(
            "shortcuts",
            f"{family}_{name}",
            f"{subject} {words}",
            "warning",
            f"AUROC at most {most:g}",
            "ExpectColumnValuesToBeBetween",
            {"column": "auroc", "max_value": most},
            frame=f"{question}_{family}",
            shows=("auroc",),
            key="finding",
        )
        for question, name, words, most in questions
        for family, subject in subjects.items()
    ]


def drift(params: ValidateParams) -> list[Rule]:
    """The films are like those of `validate.reference`."""
    at_most = f"stability index at most {params.max_drift:g}"
    between = "ExpectColumnValuesToBeBetween"
    return [
        Rule(
            "drift",
            "statistics_stable",
            "Facts of the files and pixel statistics are spread as in the reference",
            "warning",
            at_most,
            between,
            {"column": "psi", "max_value": params.max_drift},
            frame="drift",
            shows=("psi", "reference", "current"),
            key="statistic",
        ),
        Rule(
            "drift",
            "no_class_vanished",
            "Every class of the reference is still there",
            "error",
            "at least 1 film",
            between,
            {"column": "n_current", "min_value": 1},
            frame="class_drift",
            shows=("n_reference", "n_current"),
            unit="films",
            key="label",
        ),
        Rule(
            "drift",
            "no_new_class",
            "No class is there that the reference lacks",
            "warning",
            "at least 1 film in the reference",
            between,
            {"column": "n_reference", "min_value": 1},
            frame="class_drift",
            shows=("n_reference", "n_current"),
            unit="films in the reference",
            key="label",
        ),
        Rule(
            "drift",
            "class_shares_stable",
            "The classes have the shares that they have in the reference",
            "warning",
            at_most,
            between,
            {"column": "psi", "max_value": params.max_drift},
            frame="class_shares",
            shows=("psi",),
            key="statistic",
        ),
    ]
