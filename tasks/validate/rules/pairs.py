"""Expectations about films that repeat one another: duplicates, conflicts of class, leaks."""

from tasks.core.params import ValidateParams
from tasks.validate.rules.rule import Rule

_SPLITS = ("given_split", "other_path", "other_given_split")


def duplicates(params: ValidateParams) -> list[Rule]:
    """Films with the very same pixels, or nearly so: few, and of one class."""
    return [
        _share("few_duplicates", "Few films repeat the pixels of another", "surplus", params),
        _share("few_near_duplicates", "Few films nearly repeat another", "near_surplus", params),
        Rule(
            "duplicates",
            "one_class_per_picture",
            "Films with the same pixels have the same class; the resample stage leaves out "
            "those that have not",
            "warning",
            "1 class per picture",
            "ExpectColumnValuesToBeInSet",
            {"column": "n_values", "value_set": [1]},
            frame="picture_classes",
            shows=("label", "other_path", "other_label"),
        ),
        Rule(
            "duplicates",
            "one_class_per_near_pair",
            "Films that nearly repeat one another have the same class",
            "warning",
            "1 class per pair",
            "ExpectColumnValuesToBeInSet",
            {"column": "n_labels", "value_set": [1]},
            frame="near_pairs",
            shows=("label", "other_path", "other_label", "n_bits", "correlation"),
        ),
    ]


def _share(name: str, title: str, column: str, params: ValidateParams) -> Rule:
    exact = column == "surplus"
    most = params.max_duplicate_share if exact else params.max_near_duplicate_share
    return Rule(
        "duplicates",
        name,
        title,
        "error" if exact else "warning",
        f"at most {most:.1%}".replace("%", " %"),
        "ExpectColumnMeanToBeBetween",
        {"column": column, "max_value": most},
        status="ok",
        shows=("same_pixels_as",) if exact else ("nearly_the_same_as",),
    )


def leakage() -> list[Rule]:
    """Nothing lies in two of the splits that the source brings."""
    rows = (
        ("patient_in_one_split", "No patient", "patient", "patient_splits", ("patient_id",)),
        ("picture_in_one_split", "No picture", "picture", "picture_splits", ()),
    )
    spread = [
        Rule(
            "leakage",
            name,
            f"{title} is in two of the given splits; the resample stage mends this",
            "warning",
            f"1 split per {noun}",
            "ExpectColumnValuesToBeInSet",
            {"column": "n_values", "value_set": [1]},
            frame=frame,
            shows=(*shows, *_SPLITS),
        )
        for name, title, noun, frame, shows in rows
    ]
    near = Rule(
        "leakage",
        "near_pair_in_one_split",
        "No film is nearly repeated in another of the given splits; the resample stage mends this",
        "warning",
        "1 split per pair",
        "ExpectColumnValuesToBeInSet",
        {"column": "n_splits", "value_set": [1]},
        frame="near_pairs",
        shows=(*_SPLITS, "n_bits", "correlation"),
    )
    return [*spread, near]
