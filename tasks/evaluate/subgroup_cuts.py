"""The groups into which an evaluation divides the films: by class, picture and patient.

The cuts of a number are fixed before a film is judged: they come from all usable films of the
cohort, or from clinical practice, never from the outcome of the test.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.tables import usable

# Source: UN Inter-agency Group for Child Mortality Estimation (infants under 1, children of 1 to
# 4); FluSurv-NET of the CDC (5 to 17, adults from 18 on); ICH guideline E7, 1993 (65 and older)
AGE_STARTS = (0.0, 1.0, 5.0, 18.0, 65.0)
AGE_GROUPS = (
    "under 1 year", "1 to 4 years", "5 to 17 years", "18 to 64 years", "65 years and older",
)  # fmt: skip
_PICTURE = {
    "size": ("shorter side", " px"),
    "aspect": ("width over height", ""),
    "brightness": ("mean grey level", ""),
    "sharpness": ("sharpness", ""),
    "jpeg_quality": ("JPEG quality", ""),
}
NO_JPEG = "no JPEG"


def film_groups(films: pd.DataFrame, manifest: pd.DataFrame) -> dict[str, pd.Series]:
    """Name of the group of each film, for each attribute in which the films differ.

    Args:
        films: Columns `image_id`, `label`, `subtype`, `site`.
        manifest: The whole manifest of the films' cohort, `tables.MANIFEST_SCHEMA`.

    Returns:
        (n,) text for each attribute, null where the source does not tell it: `class`, then those of
        `subtype`, `site`, `size`, `aspect`, `brightness`, `sharpness`, `jpeg_quality`, `age`,
        `sex` that have two values or more.
    """
    cohort = usable(manifest).drop_duplicates("image_id").set_index("image_id")
    facts = cohort.reindex(films["image_id"]).set_axis(films.index)
    whole, own = _numbers(cohort), _numbers(facts)
    groups = {
        "subtype": films["subtype"],
        "site": films["site"].fillna("no site"),
        **{name: thirds(own[name], whole[name], *words) for name, words in _PICTURE.items()},
        "age": age_groups(own["age_years"]),
        "sex": facts["sex"],
    }
    groups["jpeg_quality"] = groups["jpeg_quality"].fillna(NO_JPEG)
    told = {name: values for name, values in groups.items() if values.nunique() > 1}
    return {"class": films["label"], **told}


def _numbers(films: pd.DataFrame) -> pd.DataFrame:
    """The attributes that are numbers, as float64, NaN where unknown."""
    named = ["width", "height", "mean", "sharpness", "jpeg_quality", "age_years"]
    numbers = films[named].apply(pd.to_numeric).astype("float64")
    return numbers.assign(
        size=numbers[["width", "height"]].min(axis=1, skipna=False),
        aspect=numbers["width"] / numbers["height"],
        brightness=numbers["mean"],
    )


def thirds(values: pd.Series, cohort: pd.Series, title: str, unit: str) -> pd.Series:
    """Divide numbers at the two tertiles of a cohort, rounded to 4 digits.

    Args:
        values: (n,) float64, may hold NaN.
        cohort: Numbers of all films that set the tertiles, may hold NaN.
        title: What is measured.
        unit: Behind each number.

    Returns:
        (n,) text; null where the value is NaN. Where many films share a number there are fewer
        groups than three.

    Example:
        >>> thirds(pd.Series([1.0, 4.0, 9.0]), pd.Series(range(10)), "side", " px").tolist()
        ['side up to 3 px', 'side above 3 to 6 px', 'side above 6 px']
    """
    known = cohort.dropna()
    if known.empty:
        return pd.Series(None, index=values.index, dtype="str")
    tertiles = known.quantile([1 / 3, 2 / 3], interpolation="lower")
    cuts = np.unique([float(f"{tertile:.4g}") for tertile in tertiles])
    shown = [f"{cut:g}{unit}" for cut in cuts]
    names = [f"{title} up to {shown[0]}"]
    if len(cuts) > 1:
        names.append(f"{title} above {cuts[0]:g} to {shown[1]}")
    names.append(f"{title} above {shown[-1]}")
    return _named(values, np.searchsorted(cuts, values, side="left"), names)


def age_groups(ages: pd.Series) -> pd.Series:
    """Clinical age group of each age in years, float64; null where the age is unknown.

    Example:
        >>> age_groups(pd.Series([0.5, 4.9, 65.0])).tolist()
        ['under 1 year', '1 to 4 years', '65 years and older']
    """
    return _named(ages, np.searchsorted(AGE_STARTS, ages, side="right") - 1, AGE_GROUPS)


def _named(values: pd.Series, places: NDArray[np.intp], names: Sequence[str]) -> pd.Series:
    """Name at each place; null where the value is NaN, whose place is behind the last name."""
    found = pd.Series([*names, None], dtype="str").take(np.minimum(places, len(names)))
    return found.set_axis(values.index).where(values.notna())
