"""Map the labels of the manifest to the classes of a label scheme."""

from collections.abc import Mapping

import pandas as pd

from tasks.core.errors import CohortError

_PNEUMONIAS = (
    "PNEUMONIA", "VIRAL PNEUMONIA", "BACTERIAL PNEUMONIA", "BACTERIA", "VIRUS",
    "COVID", "COVID-19", "LUNG OPACITY",
    "NON-COVID",  # in COVID-QU-Ex: another pneumonia, viral or bacterial
)  # fmt: skip
BINARY: Mapping[str, str] = {"NORMAL": "NORMAL", **dict.fromkeys(_PNEUMONIAS, "PNEUMONIA")}
SUBTYPE: Mapping[str, str] = {
    "NORMAL": "NORMAL",
    "BACTERIA": "BACTERIA",
    "BACTERIAL PNEUMONIA": "BACTERIA",
    "VIRUS": "VIRUS",
    "VIRAL PNEUMONIA": "VIRUS",
}
PNEUMONIA_BY_SUBTYPE: Mapping[str, str] = {"bacteria": "BACTERIA", "virus": "VIRUS"}


def map_labels(films: pd.DataFrame, scheme: str) -> pd.Series:
    """Map the label of each film to a class.

    `folder` keeps the labels of the manifest. `binary` uses the table BINARY. `subtype` uses the
    table SUBTYPE and, for PNEUMONIA, the subtype of the film.

    Args:
        films: Columns `label`, `subtype`.
        scheme: `folder`, `binary` or `subtype`.

    Returns:
        Class of each film, aligned with `films`.

    Raises:
        CohortError: The scheme has no class for a film; the message counts such films by label.
    """
    labels = films["label"]
    if scheme == "binary":
        mapped = labels.map(BINARY)
    elif scheme == "subtype":
        mapped = labels.map(SUBTYPE)
        mapped = mapped.where(labels != "PNEUMONIA", films["subtype"].map(PNEUMONIA_BY_SUBTYPE))
    else:
        mapped = labels
    if mapped.isna().any():
        raise _no_class(labels[mapped.isna()], scheme)
    return mapped.astype("str")


def _no_class(labels: pd.Series, scheme: str) -> CohortError:
    counts = labels.fillna("no label").value_counts().sort_index()
    ways = {
        "binary": f"one of {', '.join(BINARY)}",
        "subtype": f"one of {', '.join(SUBTYPE)}, or PNEUMONIA with subtype bacteria or virus",
        "folder": "any label, but not null",
    }
    return CohortError(
        f"every usable film must have a class under resample.labels={scheme}: its label is "
        f"{ways[scheme]}",
        found="films without a class: " + ", ".join(f"{label} {n}" for label, n in counts.items()),
        where="data/manifest.parquet, columns `label` and `subtype`",
        next_step="set resample.labels to another scheme (folder | binary | subtype), "
        "or take these films out of the source",
    )
