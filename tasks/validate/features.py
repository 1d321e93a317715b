"""Features of the shortcut audit and the drift rules: file facts and pixel statistics."""

import pandas as pd

# Column of `with_features`: its name in text
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
    "site": "Hospital or other origin",
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
CATEGORIES = ("quantisation", "mode", "format", "site")  # values without an order
MISSING_NUMBER = -1.0  # replaces a missing number; every statistic is 0 or more
_MOST_LEVELS = 8  # levels of a category that get a column of their own


def with_features(films: pd.DataFrame) -> pd.DataFrame:
    """The columns of METADATA and PIXELS, computed where the manifest lacks them.

    Args:
        films: Rows of the manifest.

    Returns:
        One row per film, same index. Categories are text, numbers are float64 with NaN.
    """
    table = pd.DataFrame(index=films.index)
    for name in (*METADATA, *PIXELS):
        if name in CATEGORIES:
            table[name] = films.get(name)
        elif name in films:
            table[name] = pd.to_numeric(films[name], errors="coerce").astype("float64")
    n_pixels = table["width"] * table["height"]
    table["aspect_ratio"] = table["width"] / table["height"]
    table["megapixels"] = n_pixels / 1e6
    table["bytes_per_pixel"] = table["n_bytes"] / n_pixels
    return table[[*METADATA, *PIXELS]]


def family_matrix(table: pd.DataFrame, family: str) -> pd.DataFrame:
    """All features of one family as numbers.

    Args:
        table: Result of `with_features`.
        family: A key of FAMILIES.

    Returns:
        The numbers, with MISSING_NUMBER where missing. A category becomes one column of 0 and 1
        for each of its most frequent levels (ties by name).
    """
    names = list(FAMILIES[family])
    matrix = table[[name for name in names if name not in CATEGORIES]].fillna(MISSING_NUMBER)
    for name in [name for name in names if name in CATEGORIES]:
        counts = table[name].value_counts().sort_index().sort_values(ascending=False, kind="stable")
        for level in counts.index[:_MOST_LEVELS]:
            matrix[f"{name}={level}"] = (table[name] == level).astype("float64")
    return matrix
