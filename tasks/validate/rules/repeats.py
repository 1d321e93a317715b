"""Expectations about duplicates: how many there are, their classes, and leaks between splits."""

from tasks.core.params import ValidateParams
from tasks.validate.rules.rule import Rule, percent_limit

_SPLITS = ("given_split", "other_path", "other_given_split")
_REPAIR = "(the stage resample repairs this)"


def duplicate_rules(params: ValidateParams) -> list[Rule]:
    """Few films are duplicates or near duplicates, and duplicates have one class."""
    return [
        Rule(
            group="duplicates",
            name="few_duplicates",
            title="Few films have the same pixels as another film",
            severity="error",
            threshold=percent_limit(params.max_duplicate_share),
            expectation="ExpectColumnMeanToBeBetween",
            arguments={"column": "surplus", "max_value": params.max_duplicate_share},
            status="ok",
            shows=("same_pixels_as",),
        ),
        Rule(
            group="duplicates",
            name="few_near_duplicates",
            title="Few films are near duplicates of another film",
            severity="warning",
            threshold=percent_limit(params.max_near_duplicate_share),
            expectation="ExpectColumnMeanToBeBetween",
            arguments={"column": "near_surplus", "max_value": params.max_near_duplicate_share},
            status="ok",
            shows=("nearly_the_same_as",),
        ),
        Rule(
            group="duplicates",
            name="one_class_per_picture",
            title="Films with the same pixels have the same class (the stage resample excludes "
            "the others)",
            severity="warning",
            threshold="1 class per picture",
            expectation="ExpectColumnValuesToBeInSet",
            arguments={"column": "n_values", "value_set": [1]},
            frame="picture_classes",
            shows=("label", "other_path", "other_label"),
        ),
        Rule(
            group="duplicates",
            name="one_class_per_near_pair",
            title="Near duplicates have the same class",
            severity="warning",
            threshold="1 class per pair",
            expectation="ExpectColumnValuesToBeInSet",
            arguments={"column": "n_labels", "value_set": [1]},
            frame="near_pairs",
            shows=("label", "other_path", "other_label", "n_bits", "correlation"),
        ),
    ]


def leakage_rules() -> list[Rule]:
    """No patient, picture or near duplicate is in two of the source's own splits."""
    return [
        Rule(
            group="leakage",
            name="patient_in_one_split",
            title=f"No patient is in two of the given splits {_REPAIR}",
            severity="warning",
            threshold="1 split per patient",
            expectation="ExpectColumnValuesToBeInSet",
            arguments={"column": "n_values", "value_set": [1]},
            frame="patient_splits",
            shows=("patient_id", *_SPLITS),
        ),
        Rule(
            group="leakage",
            name="picture_in_one_split",
            title=f"No picture is in two of the given splits {_REPAIR}",
            severity="warning",
            threshold="1 split per picture",
            expectation="ExpectColumnValuesToBeInSet",
            arguments={"column": "n_values", "value_set": [1]},
            frame="picture_splits",
            shows=_SPLITS,
        ),
        Rule(
            group="leakage",
            name="near_pair_in_one_split",
            title=f"No two near duplicates are in different given splits {_REPAIR}",
            severity="warning",
            threshold="1 split per pair",
            expectation="ExpectColumnValuesToBeInSet",
            arguments={"column": "n_splits", "value_set": [1]},
            frame="near_pairs",
            shows=(*_SPLITS, "n_bits", "correlation"),
        ),
    ]
