"""Expectations about the values of single films: size, shape, bit depth, orientation, text."""

from tasks.core.params import ValidateParams
from tasks.validate.frames import FEW_LEVELS, FILM_BIT_DEPTHS
from tasks.validate.rules.rule import Rule, percent_limit

_MOST_POOR = 0.01  # share of such films; none of 6,371 real films is one


def range_rules(params: ValidateParams, min_side_px: int) -> list[Rule]:
    """Size, shape, bit depth and file size are plausible.

    Args:
        params: Section `validate`.
        min_side_px: Shortest side of a usable film, `ingest.min_side_px`.
    """
    return [
        Rule(
            group="ranges",
            name="side_long_enough",
            title="The shorter side of every film is long enough to show anatomy",
            severity="error",
            threshold=f"at least {min_side_px} px",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "short_side_px", "min_value": min_side_px},
            status="ok",
            shows=("width", "height"),
            unit="px",
        ),
        Rule(
            group="ranges",
            name="aspect_plausible",
            title="The ratio of the longer to the shorter side is plausible for a radiograph",
            severity="error",
            threshold=f"at most {params.max_aspect:g}",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "aspect", "max_value": params.max_aspect},
            status="ok",
            shows=("width", "height"),
        ),
        Rule(
            group="ranges",
            name="bit_depth_known",
            title="Every film has a bit depth of 8 or 16",
            severity="error",
            threshold=" or ".join(map(str, FILM_BIT_DEPTHS)) + " bits",
            expectation="ExpectColumnValuesToBeInSet",
            arguments={"column": "bit_depth", "value_set": list(FILM_BIT_DEPTHS)},
            status="ok",
            shows=("bit_depth", "mode"),
        ),
        Rule(
            group="ranges",
            name="file_not_empty",
            title="No file of a usable film is empty",
            severity="error",
            threshold="at least 1 byte",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "n_bytes", "min_value": 1},
            status="ok",
            shows=("n_bytes",),
            unit="bytes",
        ),
    ]


def picture_rules(params: ValidateParams) -> list[Rule]:
    """All films have one bit depth and are upright, and none has text in its pixels."""
    return [
        Rule(
            group="ranges",
            name="one_bit_depth",
            title="All films have the same bit depth (films of the rarer depth are listed)",
            severity="warning",
            threshold="1 bit depth",
            expectation="ExpectColumnValuesToBeNull",
            arguments={"column": "odd_bit_depth"},
            status="ok",
            shows=("bit_depth", "mode", "label"),
        ),
        Rule(
            group="ranges",
            name="films_use_their_range",
            title="Films use their range of grey levels (films that were cut to few levels show "
            "little; the poorest film of five public sets has 113)",
            severity="warning",
            threshold=f"{percent_limit(_MOST_POOR)} with fewer than {FEW_LEVELS} of 256 levels",
            expectation="ExpectColumnMeanToBeBetween",
            arguments={"column": "few_levels", "max_value": _MOST_POOR},
            status="ok",
            shows=("n_levels", "bit_depth", "label"),
            next_step="export the films again with a window, or with the range of their values",
        ),
        Rule(
            group="ranges",
            name="films_upright",
            title="Films are upright (measured on thumbnails; in a small set, or of many turned "
            "films, few are found)",
            severity="warning",
            threshold=f"{percent_limit(params.max_upside_down_share)} upside down",
            expectation="ExpectColumnMeanToBeBetween",
            arguments={"column": "upside_down", "max_value": params.max_upside_down_share},
            status="ok",
            shows=("label",),
        ),
        Rule(
            group="ranges",
            name="no_burned_in_text",
            title="No DICOM file declares text in its pixels (such text may name a person)",
            severity="warning",
            threshold="no such file",
            expectation="ExpectColumnValuesToBeInSet",
            arguments={"column": "burned_in", "value_set": [0]},
            status="ok",
        ),
    ]
