"""Expectations about single rows of the manifest: a film, or a file that is none."""

from tasks.core.params import ValidateParams
from tasks.core.tables import MANIFEST_SCHEMA
from tasks.validate.frames import FILM_BIT_DEPTHS
from tasks.validate.rules.rule import Rule

SHA256 = r"^[0-9a-f]{64}$"


def schema() -> list[Rule]:
    """Columns, and the keys of a row."""
    return [
        Rule(
            "schema",
            "columns_present",
            "The manifest has every promised column",
            "error",
            f"{len(MANIFEST_SCHEMA.names)} columns",
            "ExpectTableColumnsToMatchSet",
            {"column_set": list(MANIFEST_SCHEMA.names), "exact_match": False},
            frame="manifest",
        ),
        Rule(
            "schema",
            "path_unique",
            "No file is listed twice",
            "error",
            "each path once",
            "ExpectColumnValuesToBeUnique",
            {"column": "path"},
        ),
        Rule(
            "schema",
            "image_id_is_sha256",
            "Image ids are SHA-256 digests",
            "error",
            "64 hexadecimal digits",
            "ExpectColumnValuesToMatchRegex",
            {"column": "image_id", "regex": SHA256},
            shows=("image_id",),
        ),
    ]


def identity() -> list[Rule]:
    """Every usable film says what it is and whose."""
    named = "ExpectColumnValuesToNotBeNull"
    return [
        Rule(
            "identity",
            "path_named",
            "Every row names its file",
            "error",
            "no path missing",
            named,
            {"column": "path"},
            shows=("image_id",),
        ),
        Rule(
            "identity",
            "image_id_named",
            "Every usable film has an image id",
            "error",
            "no id missing",
            named,
            {"column": "image_id"},
            status="ok",
        ),
        Rule(
            "identity",
            "label_named",
            "Every usable film has a class",
            "error",
            "no class missing",
            named,
            {"column": "label"},
            status="ok",
        ),
        Rule(
            "identity",
            "patient_named",
            "Every usable film has a patient key; one without counts as a patient of its own, "
            "and a leak through that patient goes unseen",
            "warning",
            "no key missing",
            named,
            {"column": "patient_id"},
            status="ok",
        ),
        Rule(
            "identity",
            "facts_complete",
            "Every usable film has its size, mode, format, hashes, byte count and pixel statistics",
            "error",
            "no fact missing",
            "ExpectColumnValuesToBeNull",
            {"column": "missing_facts"},
            status="ok",
            shows=("missing_facts",),
        ),
    ]


def ranges(params: ValidateParams, min_side_px: int) -> list[Rule]:
    """Size, shape, depth and bytes; `min_side_px` is `ingest.min_side_px`."""
    between = "ExpectColumnValuesToBeBetween"
    return [
        Rule(
            "ranges",
            "side_long_enough",
            "The shorter side of a film is long enough to show anatomy",
            "error",
            f"at least {min_side_px} px",
            between,
            {"column": "short_side_px", "min_value": min_side_px},
            status="ok",
            shows=("width", "height"),
            unit="px",
        ),
        Rule(
            "ranges",
            "aspect_plausible",
            "Longer side over shorter side is that of a radiograph",
            "error",
            f"at most {params.max_aspect:g}",
            between,
            {"column": "aspect", "max_value": params.max_aspect},
            status="ok",
            shows=("width", "height"),
        ),
        Rule(
            "ranges",
            "bit_depth_known",
            "Grey levels are 8 or 16 bits deep",
            "error",
            " or ".join(map(str, FILM_BIT_DEPTHS)) + " bits",
            "ExpectColumnValuesToBeInSet",
            {"column": "bit_depth", "value_set": list(FILM_BIT_DEPTHS)},
            status="ok",
            shows=("bit_depth", "mode"),
        ),
        Rule(
            "ranges",
            "file_not_empty",
            "Files of usable films hold bytes",
            "error",
            "at least 1 byte",
            between,
            {"column": "n_bytes", "min_value": 1},
            status="ok",
            shows=("n_bytes",),
            unit="bytes",
        ),
    ]


def pictures(params: ValidateParams) -> list[Rule]:
    """What no model should have to cope with: mixed depths, films on their heads, names in them."""
    share = params.max_upside_down_share
    return [
        Rule(
            "ranges",
            "one_bit_depth",
            "All films have the same bit depth; those of the rarer one are listed",
            "warning",
            "1 bit depth",
            "ExpectColumnValuesToBeNull",
            {"column": "odd_bit_depth"},
            status="ok",
            shows=("bit_depth", "mode", "label"),
        ),
        Rule(
            "ranges",
            "films_upright",
            "Films stand upright, as far as their thumbnails tell",
            "warning",
            f"at most {share:.1%} upside down".replace("%", " %"),
            "ExpectColumnMeanToBeBetween",
            {"column": "upside_down", "max_value": share},
            status="ok",
            shows=("label",),
        ),
        Rule(
            "ranges",
            "no_burned_in_text",
            "No film says of itself that text is burned into its pixels (DICOM only): that may "
            "name a person",
            "warning",
            "none says so",
            "ExpectColumnValuesToBeInSet",
            {"column": "burned_in", "value_set": [0]},
            status="ok",
        ),
    ]
