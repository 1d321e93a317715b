"""Expectations about the classes: number, names, size and balance."""

from tasks.core.params import ValidateParams
from tasks.validate.rules.rule import Rule

_CANONICAL = r"^[^\sa-z]+(?: [^\sa-z]+)*$"  # upper case, single spaces, none at the ends


def class_rules(params: ValidateParams) -> list[Rule]:
    """There are enough films, and two or more classes with valid names."""
    return [
        Rule(
            group="classes",
            name="enough_films",
            title="There are enough usable films",
            severity="error",
            threshold=f"at least {params.min_films} films",
            expectation="ExpectTableRowCountToBeBetween",
            arguments={"min_value": params.min_films},
            status="ok",
            unit="films",
        ),
        Rule(
            group="classes",
            name="two_classes",
            title="There are two classes or more",
            severity="error",
            threshold="at least 2 classes",
            expectation="ExpectColumnUniqueValueCountToBeBetween",
            arguments={"column": "label", "min_value": 2},
            status="ok",
        ),
        Rule(
            group="classes",
            name="label_canonical",
            title="Class names have one spelling, so that no class counts as two",
            severity="error",
            threshold="upper case, single spaces",
            expectation="ExpectColumnValuesToMatchRegex",
            arguments={"column": "label", "regex": _CANONICAL},
            frame="classes",
            shows=("label", "n_films"),
        ),
        Rule(
            group="classes",
            name="negative_class_present",
            title="The class that means no finding (evaluate.negative_class) is one of the classes",
            severity="error",
            threshold="1 such class",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "is_class", "min_value": 1},
            frame="negative_class",
            shows=("classes",),
            unit="such classes",
            key="negative_class",
            next_step="set evaluate.negative_class to the class of the films without a finding",
        ),
        Rule(
            group="classes",
            name="class_on_both_sides",
            title="If the source has a test split, every class has films inside and outside it",
            severity="warning",
            threshold="at least 1 film on each side",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "n_smaller_side", "min_value": 1},
            frame="classes",
            shows=("label", "n_given_test", "n_given_train"),
            unit="films",
        ),
    ]


def class_size_rules(params: ValidateParams) -> list[Rule]:
    """Every class has enough films and patients, and is not much smaller than the largest."""
    return [
        Rule(
            group="classes",
            name="class_has_films",
            title="Every class has enough films",
            severity="error",
            threshold=f"at least {params.min_class_films} films",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "n_films", "min_value": params.min_class_films},
            frame="classes",
            shows=("label", "n_films", "n_patients"),
            unit="films",
        ),
        Rule(
            group="classes",
            name="class_has_patients",
            title="Every class has enough patients",
            severity="error",
            threshold=f"at least {params.min_class_patients} patients",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "n_patients", "min_value": params.min_class_patients},
            frame="classes",
            shows=("label", "n_films", "n_patients"),
            unit="patients",
        ),
        Rule(
            group="classes",
            name="class_at_every_site",
            title="Every site has films of every class, so that the site does not tell the class",
            severity="warning",
            threshold="0 classes missing",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "n_missing", "max_value": 0},
            frame="sites",
            shows=("n_films", "classes", "lacks"),
            unit="classes missing",
            key="site",
            next_step="add films of the missing classes, or take such sites out of the source",
        ),
        Rule(
            group="balance",
            name="classes_balanced",
            title="The classes are balanced: films of the largest class over films of each class",
            severity="error",
            threshold=f"at most {params.max_class_ratio:g}",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "largest_over_this", "max_value": params.max_class_ratio},
            frame="classes",
            shows=("label", "n_films", "n_patients"),
        ),
    ]
