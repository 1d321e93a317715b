"""From usable films to a cohort: exclude, group, split, weigh."""

import hashlib
import logging

import pandas as pd

from tasks.errors import CohortError
from tasks.params import ResampleParams
from tasks.resample.groups import join_groups
from tasks.tables import EXCLUDED, SAMPLES, SPLITS

logger = logging.getLogger(__name__)


def build_cohort(films: pd.DataFrame, params: ResampleParams) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make one cohort of the usable films.

    Splits that the folders give are joined and drawn anew by patient, except a given test split,
    which is kept if `keep_given_test` says so. The draw is stratified by label and subtype and
    depends on the seed and the group keys only, not on the order of the rows.

    Args:
        films: Usable rows of the manifest.
        params: Section `resample`.

    Returns:
        samples, one row per film of the cohort, sorted by split (train, val, test) and path; and
        excluded, one row per film left out, with reason `label_conflict`, `duplicate` or `leak`.

    Raises:
        CohortError: Fewer than two classes, or a class is missing from a split.
    """
    films = films.sort_values("path", ignore_index=True)
    films["patient_id"] = films["patient_id"].fillna("film:" + films["image_id"].str[:16])
    films["group_id"] = join_groups(films, params.near_duplicate_bits)
    films["held"] = (films["given_split"] == "test") & params.keep_given_test
    films = films.drop(columns="reason").join(_exclusions(films))
    samples = films[films["reason"].isna()].reset_index(drop=True)
    samples["split"] = _split(samples, params)
    _check_classes(samples)
    classes = sorted(samples["label"].unique())
    samples["class_index"] = samples["label"].map(classes.index)
    samples["sample_weight"] = _weights(samples, params.balance)
    order = samples["split"].map(SPLITS.index)
    samples = samples.assign(order=order).sort_values(["order", "path"], ignore_index=True)
    excluded = films[films["reason"].notna()].reset_index(drop=True)
    return samples[SAMPLES.names], excluded[EXCLUDED.names]


def _exclusions(films: pd.DataFrame) -> pd.DataFrame:
    """Columns `reason` and `because` for films to leave out, null for the others.

    Of films with identical pixels the given test's copy stays, else the first by path.
    """
    exclusions = pd.DataFrame(index=films.index, columns=["reason", "because"], dtype="string")
    ordered = films.sort_values(["held", "path"], ascending=[False, True])
    kept_path = ordered.groupby("pixel_hash")["path"].transform("first").reindex(films.index)
    duplicate = kept_path != films["path"]
    exclusions.loc[duplicate, "reason"] = "duplicate"
    exclusions.loc[duplicate, "because"] = "same pixels as " + kept_path[duplicate]
    conflict = films.groupby("pixel_hash")["label"].transform("nunique") > 1
    exclusions.loc[conflict, "reason"] = "label_conflict"
    exclusions.loc[conflict, "because"] = "same pixels under two labels"
    in_cohort = exclusions["reason"].isna()
    held_groups = films.loc[films["held"] & in_cohort, "group_id"]
    leak = films["group_id"].isin(held_groups) & ~films["held"] & in_cohort
    exclusions.loc[leak, "reason"] = "leak"
    exclusions.loc[leak, "because"] = "shares group " + films["group_id"][leak] + " with the test"
    return exclusions


def _split(samples: pd.DataFrame, params: ResampleParams) -> pd.Series:
    """Split of each film; the films of one group always share theirs."""
    split = pd.Series("train", index=samples.index)
    split[samples["held"]] = "test"
    if not samples["held"].any():
        test_groups = _draw(samples, params.test_share, f"{params.seed}:test")
        split[samples["group_id"].isin(test_groups)] = "test"
    rest = samples[split != "test"]
    val_groups = _draw(rest, params.val_share, f"{params.seed}:val")
    split[samples["group_id"].isin(val_groups) & (split != "test")] = "val"
    return split


def _draw(samples: pd.DataFrame, share: float, seed: str) -> set[str]:
    """Groups that hold about `share` of the films of each stratum (label and subtype)."""
    first = samples.sort_values("path").groupby("group_id").first()
    groups = pd.DataFrame(
        {
            "stratum": first["label"] + "/" + first["subtype"].fillna(""),
            "n_films": samples.groupby("group_id").size(),
            "lot": [_lot(seed, group) for group in first.index],
        }
    ).sort_values(["stratum", "lot"])
    before = groups.groupby("stratum")["n_films"].cumsum() - groups["n_films"]
    quota = share * groups.groupby("stratum")["n_films"].transform("sum")
    return set(groups.index[before < quota])


def _lot(seed: str, group: str) -> str:
    """A random number drawn for a group: the same for the same seed, whatever else there is."""
    return hashlib.sha256(f"{seed}:{group}".encode()).hexdigest()


def _weights(samples: pd.DataFrame, balance: str) -> pd.Series:
    """Weight of each film: n / (k * n_class) in training, so that classes count alike; else 1.

    Source: G. King, L. Zeng, "Logistic regression in rare events data", Political Analysis 9(2),
    2001; the form is scikit-learn's `class_weight="balanced"`.
    """
    weights = pd.Series(1.0, index=samples.index)
    if balance == "class_weight":
        labels = samples.loc[samples["split"] == "train", "label"]
        n_class = labels.map(labels.value_counts())
        weights[labels.index] = len(labels) / (labels.nunique() * n_class)
    return weights


def _check_classes(samples: pd.DataFrame) -> None:
    classes = sorted(samples["label"].unique())
    counts = samples.groupby(["label", "split"])["group_id"].nunique()
    empty = [
        f"{label} has no film in {split}"
        for label in classes
        for split in SPLITS
        if (label, split) not in counts.index
    ]
    if len(classes) < 2 or empty:
        raise CohortError(
            "a cohort needs two classes or more, each with patients in train, val and test",
            found="; ".join(empty) or f"only {classes}",
            where="data/manifest.parquet, usable films without duplicates and leaks",
            next_step="add patients of that class; or set resample.keep_given_test to false "
            "where the given test lacks a class",
        )
