"""The tables that the expectations look at: the manifest, and what follows from it.

A missing column of the manifest is taken as empty here, so that one broken promise does not hide
the others.
"""

import pandas as pd

from tasks.tables import MANIFEST, SPLITS

NUMBERS = ("width", "height", "bit_depth", "n_bytes")
FACTS = (*NUMBERS, "mode", "format", "pixel_hash", "perceptual_hash")
# Files that were never films of their own; everything else that is rejected is a film lost
SET_ASIDE = ("junk", "not_an_image", "mask", "nested_copy")

# What one row of each table stands for
NOUNS = {
    "manifest": "columns",
    "films": "files",
    "classes": "classes",
    "picture_classes": "pictures",
    "picture_sides": "pictures",
    "patient_sides": "patients",
}


def build_frames(manifest: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All tables, by the name that `Rule.frame` uses.

    Args:
        manifest: As in `tasks.tables.MANIFEST`; columns may be missing.

    Returns:
        `manifest` as given; `films`, one row per file; `classes`, one row per class of the usable
        films; `picture_classes`, `picture_sides` and `patient_sides`, one row per picture or
        patient and how many classes or sides (test or not) it is found on. Sorted by path or key.
    """
    films = _films(manifest)
    usable = films[films["status"] == "ok"]
    return {
        "manifest": manifest,
        "films": films,
        "classes": _classes(usable),
        "picture_classes": _spread(usable, key="pixel_hash", of="label"),
        "picture_sides": _spread(usable, key="pixel_hash", of="given_side"),
        "patient_sides": _spread(usable, key="patient_id", of="given_side"),
    }


def _films(manifest: pd.DataFrame) -> pd.DataFrame:
    films = manifest.reindex(columns=MANIFEST.names).sort_values("path", kind="stable")
    films = films.reset_index(drop=True)
    for column in NUMBERS:
        films[column] = pd.to_numeric(films[column], errors="coerce")
    films["status"] = films["status"].astype(object).fillna("none")
    films["short_side_px"] = films[["width", "height"]].min(axis=1, skipna=False)
    films["aspect"] = films[["width", "height"]].max(axis=1, skipna=False) / films["short_side_px"]
    films["missing_facts"] = _missing_facts(films)
    films["given_side"] = films["given_split"].map(
        {split: "test" if split == "test" else "train" for split in SPLITS}
    )
    set_aside = films["reason"].isin(SET_ASIDE)
    films["lost"] = (films["status"] == "rejected").astype(float).mask(set_aside)
    return _with_duplicates(films)


def _missing_facts(films: pd.DataFrame) -> pd.Series:
    missing = films[list(FACTS)].isna()
    names = [", ".join(missing.columns[row]) or None for row in missing.to_numpy()]
    return pd.Series(names, index=films.index, dtype=object)


def _with_duplicates(films: pd.DataFrame) -> pd.DataFrame:
    usable = films[(films["status"] == "ok") & films["pixel_hash"].notna()]
    surplus = usable["pixel_hash"].duplicated(keep="first")
    first_path = usable.groupby("pixel_hash")["path"].transform("first")
    return films.assign(
        surplus=surplus.astype(float).reindex(films.index),
        same_pixels_as=first_path.where(surplus).reindex(films.index),
    )


def _classes(usable: pd.DataFrame) -> pd.DataFrame:
    labelled = usable.dropna(subset=["label"])
    labelled = labelled.assign(patient=labelled["patient_id"].fillna(labelled["path"]))
    groups = labelled.groupby("label", sort=True)
    classes = pd.DataFrame(
        {
            "path": groups["path"].first(),
            "n_films": groups.size(),
            "n_patients": groups["patient"].nunique(),
            "n_given_test": groups["given_side"].agg(lambda sides: int((sides == "test").sum())),
            "n_given_train": groups["given_side"].agg(lambda sides: int((sides == "train").sum())),
        }
    ).reset_index()
    classes["largest_over_this"] = classes["n_films"].max() / classes["n_films"]
    smaller = classes[["n_given_test", "n_given_train"]].min(axis=1)
    has_test = bool((usable["given_side"] == "test").any())
    classes["n_smaller_side"] = smaller if has_test else None  # null: nothing to judge
    return classes


def _spread(usable: pd.DataFrame, *, key: str, of: str) -> pd.DataFrame:
    # sorted by value first: the first and the last film of a group differ if any do
    known = usable.dropna(subset=[key, of]).sort_values([of, "path"], kind="stable")
    groups = known.groupby(key, sort=True)
    return pd.DataFrame(
        {
            "path": groups["path"].first(),
            "value": groups[of].first(),
            "other_path": groups["path"].last(),
            "other_value": groups[of].last(),
            "n_values": groups[of].nunique(),
            "n_films": groups.size(),
        }
    ).reset_index()
