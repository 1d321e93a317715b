"""Tables of the films by class, patient and site, for the rules about such groups."""

import pandas as pd

from tasks.core.params.class_name import canonical_label

MANY_FILMS = 10  # of one patient key; with fewer, a large share of a class means little
# Classes that tasks/core/labels.py makes under each label scheme
_SCHEMES = {"binary": ("NORMAL", "PNEUMONIA"), "subtype": ("NORMAL", "BACTERIA", "VIRUS")}


def class_losses(films: pd.DataFrame) -> pd.DataFrame:
    """One row per class: its first lost film, and how many of its films are lost.

    Args:
        films: Table `films` of `build_frames`.

    Returns:
        `path`, `label`, `n_lost`, `n_films` (with the lost ones), `percent` and `reason`,
        the most frequent reason. Classes of which all films are lost are among them.
    """
    counted = films[films["lost"].notna() & films["label"].notna()]
    rows = []
    for label, mine in counted.groupby("label", sort=True):
        lost = mine[mine["lost"] == 1]
        reasons = lost["reason"].dropna().value_counts().sort_index()
        rows.append(
            {
                "path": (mine if lost.empty else lost)["path"].iloc[0],
                "label": label,
                "n_lost": len(lost),
                "n_films": len(mine),
                "percent": 100 * len(lost) / len(mine),
                "reason": None if reasons.empty else reasons.idxmax(),
            }
        )
    columns = ["path", "label", "n_lost", "n_films", "percent", "reason"]
    return pd.DataFrame(rows, columns=columns)


def patient_table(films: pd.DataFrame) -> pd.DataFrame:
    """One row per patient key and class with MANY_FILMS usable films or more.

    Returns:
        `path` (the first film), `patient_id`, `label`, `n_films` and `percent` of the films of the
        class.
    """
    known = films[(films["status"] == "ok") & films["label"].notna()]
    n_of_class = known["label"].value_counts()
    groups = known.groupby(["patient_id", "label"], sort=True)["path"]
    table = groups.agg(path="first", n_films="size").reset_index()
    table = table[table["n_films"] >= MANY_FILMS].reset_index(drop=True)
    n_of_its_class = table["label"].map(n_of_class).astype("float64")
    return table.assign(percent=100 * table["n_films"] / n_of_its_class)


def site_table(films: pd.DataFrame) -> pd.DataFrame:
    """One row per site of the usable films; no row if there is one site or none.

    Returns:
        `site`, `n_films`, `classes` and `lacks` (names of the classes with and without films at
        the site, in one text) and `n_missing`, the number of the latter.
    """
    known = films[(films["status"] == "ok") & films["label"].notna() & films["site"].notna()]
    every = sorted(known["label"].unique())
    rows = []
    for site, mine in known.groupby("site", sort=True):
        here = sorted(mine["label"].unique())
        missing = [label for label in every if label not in here]
        rows.append(
            {
                "site": site,
                "n_films": len(mine),
                "classes": ", ".join(here),
                "lacks": ", ".join(missing),
                "n_missing": len(missing),
            }
        )
    columns = ["site", "n_films", "classes", "lacks", "n_missing"]
    return pd.DataFrame(rows if len(rows) > 1 else [], columns=columns)


def negative_class_table(
    films: pd.DataFrame, negative_class: str | None, scheme: str
) -> pd.DataFrame:
    """One row: the class that `evaluate` will take for "no finding", and whether it exists.

    Args:
        films: Table `films` of `build_frames`.
        negative_class: `evaluate.negative_class`; None asks nothing, and the table has no row.
        scheme: `resample.labels`.

    Returns:
        `negative_class`, `is_class` (1 or 0) and `classes`, the classes after `resample.labels`.
    """
    if negative_class is None:
        return pd.DataFrame({"negative_class": [], "is_class": [], "classes": []})
    wanted = canonical_label(negative_class)
    labels = films.loc[films["status"] == "ok", "label"].dropna().unique()
    classes = _SCHEMES.get(scheme) or tuple(sorted({canonical_label(str(name)) for name in labels}))
    return pd.DataFrame(
        {
            "negative_class": [wanted],
            "is_class": [int(wanted in classes)],
            "classes": [", ".join(classes)],
        }
    )
