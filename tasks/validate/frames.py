"""The tables that the expectations check: the manifest, and tables computed from it.

A missing column of the manifest counts as empty here, so that one fault does not hide others.
"""

from typing import Any

import numpy as np
import pandas as pd

from tasks.core.reasons import is_lost_film
from tasks.core.tables import MANIFEST_SCHEMA
from tasks.validate.drift import class_table, drift_table, level_index
from tasks.validate.features import FAMILIES, PIXELS
from tasks.validate.film_pairs import join_pairs
from tasks.validate.group_tables import class_losses, patient_table, site_table
from tasks.validate.shortcuts import LABEL, SPLIT

_SIZES = ("width", "height", "bit_depth", "n_bytes")
_NUMBERS = (*_SIZES, "n_levels", *PIXELS)
_FACTS = (*_SIZES, *PIXELS, "mode", "format", "pixel_hash", "perceptual_hash")
FEW_LEVELS = 64  # of 256; the poorest of 6,371 real films has 113
FILM_BIT_DEPTHS = (8, 16)  # 1 bit has no grey; 32 bits have no known full scale
# Columns that no rule checks or shows; for a million films they take 300 MB
_UNUSED = ("pixel_hash", "perceptual_hash", "quantisation", "jpeg_quality", *PIXELS)

Frames = dict[str, pd.DataFrame]

# Meaning of one row of each table, as a noun
ROW_NOUNS = {
    "manifest": "columns",
    "films": "files",
    "classes": "classes",
    "picture_classes": "repeated pictures",
    "picture_splits": "repeated pictures",
    "patient_splits": "patients with several films",
    "near_pairs": "pairs of near duplicates",
    "class_losses": "classes",
    "negative_class": "classes",
    "patients": "patients with many films",
    "sites": "sites",
    "label_metadata": "measurements",
    "label_pixels": "measurements",
    "split_metadata": "measurements",
    "split_pixels": "measurements",
    "drift": "statistics",
    "class_drift": "classes",
    "class_shares": "comparisons",
}


def build_frames(
    manifest: pd.DataFrame,
    pairs: pd.DataFrame,
    shortcuts: list[dict[str, Any]],
    upside_down: pd.Series,
) -> Frames:
    """All tables except those of the drift rules, by the name that `Rule.frame` uses.

    Args:
        manifest: As in `tasks.core.tables.MANIFEST_SCHEMA`; columns may be missing.
        pairs: As in `tasks.core.tables.PAIRS_SCHEMA`.
        shortcuts: `rows` of `shortcuts.audit_shortcuts`.
        upside_down: Result of `orientation.upside_down`.

    Returns:
        Tables, sorted by path or key. `manifest`: its columns without rows. `films`: one row per
        file. `classes`: one row per class of the usable films. `picture_classes`,
        `picture_splits` and `patient_splits`: one row per picture or patient with several films,
        with the number of its classes or given splits. `pairs`: result of `join_pairs`.
        `near_pairs`: the near duplicates among them. `class_losses`, `patients` and `sites`: see
        group_tables.py. One table of the shortcut audit per question
        and family.
    """
    joined = join_pairs(manifest.reindex(columns=MANIFEST_SCHEMA.names), pairs)
    films = _films(manifest, joined, upside_down)
    keys = ["path", "label", "given_split", "patient_id", "pixel_hash"]
    usable = films.loc[films["status"] == "ok", keys]
    return {
        "manifest": manifest.iloc[:0].copy(),
        "films": films.drop(columns=list(_UNUSED)),
        "classes": _classes(usable),
        "picture_classes": _spread(usable, key="pixel_hash", of="label"),
        "picture_splits": _spread(usable, key="pixel_hash", of="given_split"),
        "patient_splits": _spread(usable, key="patient_id", of="given_split"),
        "pairs": joined,
        "near_pairs": joined[joined["kind"] == "near"].reset_index(drop=True),
        "class_losses": class_losses(films),
        "patients": patient_table(films),
        "sites": site_table(films),
        **_audit_frames(shortcuts),
    }


def drift_frames(reference: pd.DataFrame, manifest: pd.DataFrame) -> Frames:
    """Tables of the drift rules, of the usable films: statistics, classes and class shares."""
    reference = reference[reference["status"] == "ok"]
    usable = manifest.reindex(columns=MANIFEST_SCHEMA.names)
    usable = usable[usable["status"] == "ok"]
    counts = class_table(reference, usable)
    shares = pd.DataFrame(
        {"statistic": ["label"], "psi": [level_index(reference["label"], usable["label"])]}
    )
    return {
        "drift": drift_table(reference, usable),
        "class_drift": counts,
        "class_shares": shares,
    }


def _films(manifest: pd.DataFrame, joined: pd.DataFrame, upside_down: pd.Series) -> pd.DataFrame:
    films = manifest.reindex(columns=MANIFEST_SCHEMA.names)
    if not films["path"].is_monotonic_increasing:
        films = films.sort_values("path", kind="stable")
    films = films.reset_index(drop=True)
    for column in _NUMBERS:
        films[column] = pd.to_numeric(films[column], errors="coerce")
    films["status"] = films["status"].astype(object).fillna("none")
    films["short_side_px"] = films[["width", "height"]].min(axis=1, skipna=False)
    films["aspect"] = films[["width", "height"]].max(axis=1, skipna=False) / films["short_side_px"]
    films["missing_facts"] = _missing_facts(films)
    is_rejected, is_usable = films["status"] == "rejected", films["status"] == "ok"
    no_film = is_rejected & ~is_lost_film(films["reason"])
    films["lost"] = is_rejected.astype(float).mask(no_film)
    films["few_levels"] = (films["n_levels"] < FEW_LEVELS).astype(float).where(is_usable)
    films["odd_bit_depth"] = _odd(films["bit_depth"].where(is_usable))
    films["burned_in"] = pd.to_numeric(films["burned_in"], errors="coerce").astype("float64")
    films["upside_down"] = films["image_id"].map(upside_down).astype("float64").where(is_usable)
    return _with_near_duplicates(_with_duplicates(films), joined)


def _missing_facts(films: pd.DataFrame) -> pd.Series:
    missing = films[list(_FACTS)].isna()
    named = pd.Series(None, index=films.index, dtype=object)
    some = missing.any(axis=1)
    kinds = missing[some].drop_duplicates()  # few, so the loop below is short
    for kind in kinds.to_numpy():
        same = (missing[some].to_numpy() == kind).all(axis=1)
        named[missing.index[some][same]] = ", ".join(missing.columns[kind])
    return named


def _odd(bit_depth: pd.Series) -> pd.Series:
    """Bit depth of each film that differs from the most frequent one; null for all others."""
    known = bit_depth.where(bit_depth.isin(FILM_BIT_DEPTHS))
    most = known.value_counts().sort_index().sort_values(ascending=False, kind="stable").index[:1]
    return known.mask(known.isin(most)).astype("float64")


def _with_duplicates(films: pd.DataFrame) -> pd.DataFrame:
    usable = films.loc[films["status"] == "ok", ["path", "pixel_hash"]].dropna(
        subset=["pixel_hash"]
    )
    repeated = usable[usable["pixel_hash"].duplicated(keep=False)]
    surplus = usable["pixel_hash"].duplicated(keep="first")
    first_path = repeated.groupby("pixel_hash")["path"].transform("first")
    return films.assign(
        surplus=surplus.astype(float).reindex(films.index),
        same_pixels_as=first_path.where(surplus[repeated.index]).reindex(films.index),
    )


def _with_near_duplicates(films: pd.DataFrame, joined: pd.DataFrame) -> pd.DataFrame:
    near = joined[joined["kind"] == "near"].sort_values(["other_path", "path"], kind="stable")
    earlier = near.drop_duplicates("other_path").set_index("other_path")["path"]
    is_usable = films["status"] == "ok"
    repeats = films["path"].isin(earlier.index) & is_usable
    like = pd.Series(None, index=films.index, dtype=object)
    like[repeats] = earlier.reindex(films.loc[repeats, "path"]).to_numpy()
    return films.assign(
        near_surplus=repeats.astype(float).where(is_usable), nearly_the_same_as=like
    )


def _classes(usable: pd.DataFrame) -> pd.DataFrame:
    labelled = usable.dropna(subset=["label"])
    patient = labelled["patient_id"].fillna(labelled["path"])
    labelled = pd.DataFrame(
        {
            "path": labelled["path"],
            "label": labelled["label"],
            "patient": pd.factorize(patient)[0],
            "in_test": labelled["given_split"] == "test",
            "elsewhere": labelled["given_split"].notna() & (labelled["given_split"] != "test"),
        }
    )
    groups = labelled.groupby("label", sort=True)
    classes = pd.DataFrame(
        {
            "path": groups["path"].first(),
            "n_films": groups.size(),
            "n_patients": groups["patient"].nunique(),
            "n_given_test": groups["in_test"].sum().astype("int64"),
            "n_given_train": groups["elsewhere"].sum().astype("int64"),
        }
    ).reset_index()
    classes["largest_over_this"] = classes["n_films"].max() / classes["n_films"]
    smaller = classes[["n_given_test", "n_given_train"]].min(axis=1)
    has_test = bool((usable["given_split"] == "test").any())
    classes["n_smaller_side"] = smaller if has_test else None  # null: nothing to check
    return classes


def _spread(usable: pd.DataFrame, *, key: str, of: str) -> pd.DataFrame:
    known = usable.loc[usable[key].notna() & usable[of].notna(), ["path", key, of]]
    repeated = known[known[key].duplicated(keep=False)]
    # sorted by value: if any films of a group differ, its first and last film differ
    repeated = repeated.sort_values([key, of, "path"], kind="stable")
    n_values = repeated.drop_duplicates([key, of])[key].value_counts()
    first = repeated.drop_duplicates(key, keep="first")
    last = repeated.drop_duplicates(key, keep="last")
    return pd.DataFrame(
        {
            key: first[key].to_numpy(),
            "path": first["path"].to_numpy(),
            of: first[of].to_numpy(),
            "other_path": last["path"].to_numpy(),
            f"other_{of}": last[of].to_numpy(),
            "n_values": n_values.reindex(first[key]).to_numpy(dtype=np.int64),
            "n_films": repeated[key].value_counts().reindex(first[key]).to_numpy(dtype=np.int64),
        }
    )


def _audit_frames(shortcuts: list[dict[str, Any]]) -> Frames:
    rows = pd.DataFrame(
        {
            "question": [row["question"] for row in shortcuts],
            "family": [row["family"] for row in shortcuts],
            "finding": [row["words"] for row in shortcuts],
            "auroc": [row["auroc"]["value"] for row in shortcuts],
        }
    )
    return {
        f"{question}_{family}": rows[
            (rows["question"] == question) & (rows["family"] == family)
        ].reset_index(drop=True)
        for question in (LABEL, SPLIT)
        for family in FAMILIES
    }
