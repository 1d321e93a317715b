"""Expectations about the films as a set: classes, balance, rejects."""

from tasks.core.params import ValidateParams
from tasks.validate.rules.rule import Rule

CANONICAL = r"^[^\sa-z]+(?: [^\sa-z]+)*$"  # upper case, single spaces, none at the ends


def classes(params: ValidateParams) -> list[Rule]:
    """There are classes, and films to tell them apart."""
    return [
        Rule(
            "classes",
            "enough_films",
            "There are enough usable films",
            "error",
            f"at least {params.min_films} films",
            "ExpectTableRowCountToBeBetween",
            {"min_value": params.min_films},
            status="ok",
            unit="films",
        ),
        Rule(
            "classes",
            "two_classes",
            "There are classes to tell apart",
            "error",
            "at least 2 classes",
            "ExpectColumnUniqueValueCountToBeBetween",
            {"column": "label", "min_value": 2},
            status="ok",
        ),
        Rule(
            "classes",
            "label_canonical",
            "Class names are in canonical case, so that no class is counted as two",
            "error",
            "upper case, single spaces",
            "ExpectColumnValuesToMatchRegex",
            {"column": "label", "regex": CANONICAL},
            frame="classes",
            shows=("label", "n_films"),
        ),
        Rule(
            "classes",
            "class_on_both_sides",
            "Where the source brings its own test split, each class is in it and outside it",
            "warning",
            "at least 1 film on either side",
            "ExpectColumnValuesToBeBetween",
            {"column": "n_smaller_side", "min_value": 1},
            frame="classes",
            shows=("label", "n_given_test", "n_given_train"),
            unit="films",
        ),
    ]


def class_sizes(params: ValidateParams) -> list[Rule]:
    """Each class is large enough, in films, patients and against the largest."""
    rows = (
        (
            "classes",
            "class_has_films",
            "Every class has enough films",
            f"at least {params.min_class_films} films",
            {"column": "n_films", "min_value": params.min_class_films},
            "films",
        ),
        (
            "classes",
            "class_has_patients",
            "Every class has enough patients",
            f"at least {params.min_class_patients} patients",
            {"column": "n_patients", "min_value": params.min_class_patients},
            "patients",
        ),
        (
            "balance",
            "classes_balanced",
            "No class outweighs another too far: largest class over each class",
            f"at most {params.max_class_ratio:g}",
            {"column": "largest_over_this", "max_value": params.max_class_ratio},
            "",
        ),
    )
    return [
        Rule(
            group,
            name,
            title,
            "error",
            threshold,
            "ExpectColumnValuesToBeBetween",
            arguments,
            frame="classes",
            shows=("label", "n_films", "n_patients"),
            unit=unit,
        )
        for group, name, title, threshold, arguments, unit in rows
    ]


def rejects(params: ValidateParams) -> list[Rule]:
    """Every rejection is accounted for, and there are few."""
    return [
        Rule(
            "rejects",
            "status_known",
            "Every file is either usable or rejected",
            "error",
            "ok or rejected",
            "ExpectColumnValuesToBeInSet",
            {"column": "status", "value_set": ["ok", "rejected"]},
            shows=("status",),
        ),
        Rule(
            "rejects",
            "rejection_has_reason",
            "Every rejected file has a reason code",
            "error",
            "no reason missing",
            "ExpectColumnValuesToNotBeNull",
            {"column": "reason"},
            status="rejected",
        ),
        Rule(
            "rejects",
            "usable_has_no_reason",
            "No usable film has a reason code",
            "error",
            "no reason given",
            "ExpectColumnValuesToBeNull",
            {"column": "reason"},
            status="ok",
            shows=("reason",),
        ),
        Rule(
            "rejects",
            "few_rejected",
            "Few films had to be rejected; masks, nested copies and files that are no images "
            "do not count",
            "error",
            f"at most {params.max_rejected_share:.1%}".replace("%", " %"),
            "ExpectColumnMeanToBeBetween",
            {"column": "lost", "max_value": params.max_rejected_share},
            shows=("reason",),
        ),
    ]
