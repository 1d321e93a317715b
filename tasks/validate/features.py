"""What the audit and the drift rules look at: facts of the file and trivial pixel statistics."""

import pandas as pd

# Column of `with_features`: its name in a sentence
METADATA = {
    "width": "Width",
    "height": "Height",
    "aspect_ratio": "Width over height",
    "megapixels": "Number of pixels",
    "n_bytes": "File size",
    "bytes_per_pixel": "File size per pixel",
    "bit_depth": "Bit depth",
    "jpeg_quality": "JPEG quality",
    "quantisation": "JPEG quantisation table",
    "is_progressive": "Progressive JPEG coding",
    "has_icc_profile": "Presence of a colour profile",
    "has_exif": "Presence of EXIF metadata",
    "mode": "Colour mode",
    "format": "File format",
}
PIXELS = {
    "mean": "Mean grey level",
    "contrast": "Contrast",
    "sharpness": "Sharpness",
    "noise": "Noise",
    "border": "Grey level of the border",
    "black_share": "Share of black pixels",
}
FAMILIES = {"metadata": METADATA, "pixels": PIXELS}
FAMILY_WORDS = {
    "metadata": "Facts of the file taken together",
    "pixels": "Pixel statistics taken together",
}
CATEGORIES = ("quantisation", "mode", "format")  # without an order
UNKNOWN = -1.0  # stands for a missing number: every statistic is 0 or more
MOST_LEVELS = 8  # of a category that keep a column of their own; the rest share one


def with_features(films: pd.DataFrame) -> pd.DataFrame:
    """The columns of METADATA and PIXELS, derived where the manifest does not hold them.

    Args:
        films: Rows of the manifest.

    Returns:
        One row per film, same index. Categories are text, all else float64; NaN where unknown.
    """
    table = pd.DataFrame(index=films.index)
    for name in (*METADATA, *PIXELS):
        if name in CATEGORIES:
            table[name] = films[name]
        elif name in films:
            table[name] = pd.to_numeric(films[name], errors="coerce").astype("float64")
    n_pixels = table["width"] * table["height"]
    table["aspect_ratio"] = table["width"] / table["height"]
    table["megapixels"] = n_pixels / 1e6
    table["bytes_per_pixel"] = table["n_bytes"] / n_pixels
    return table[[*METADATA, *PIXELS]]


def family_matrix(table: pd.DataFrame, family: str) -> pd.DataFrame:
    """All columns of one family as numbers.

    Args:
        table: From `with_features`.
        family: Key of FAMILIES.

    Returns:
        Numbers as they are, UNKNOWN where missing; one 0/1 column for each of the MOST_LEVELS
        most frequent levels of a category, ties by name.
    """
    names = list(FAMILIES[family])
    matrix = table[[name for name in names if name not in CATEGORIES]].fillna(UNKNOWN)
    for name in [name for name in names if name in CATEGORIES]:
        counts = table[name].value_counts().sort_index().sort_values(ascending=False, kind="stable")
        for level in counts.index[:MOST_LEVELS]:
            matrix[f"{name}={level}"] = (table[name] == level).astype("float64")
    return matrix
