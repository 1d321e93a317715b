"""Build the cohort from usable films: map labels, group, exclude, split, balance."""

import pandas as pd

from tasks.core.labels import map_labels
from tasks.core.params import ResampleParams
from tasks.core.statistics.groups import join_groups, patients
from tasks.core.tables import EXCLUDED_SCHEMA, SAMPLES_SCHEMA, SPLITS
from tasks.resample.balance import class_weights, count_repeats, surplus_films
from tasks.resample.hash_draws import group_draws, hash_draws
from tasks.resample.splits import split_films

_COLUMNS = (
    "image_id", "path", "label", "subtype", "given_split", "site", "patient_id", "pixel_hash",
    "is_synthetic",
)  # fmt: skip


def build_cohort(
    films: pd.DataFrame, pairs: pd.DataFrame, params: ResampleParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Build one cohort from the usable films.

    Splits given by the folders are joined, and the films are split again by patient. A given test
    split is kept if `keep_given_test` is true. The result depends on the seed, the patient ids
    and, for balance, the image ids. It does not depend on file names or on the order of the rows.

    Args:
        films: Usable rows of the manifest.
        pairs: Exact and near duplicates among the films.
        params: Section `resample`.

    Returns:
        samples: One row per film of the cohort, sorted by split (train, val, test) and path.
        excluded: One row per film left out, sorted by path, with the reason `label_conflict`,
            `duplicate`, `leak` or `undersampled`.

    Raises:
        CohortError: A film has no class under the label scheme, there are fewer than two classes,
            or a class is missing from a split or fold.
    """
    films = _with_groups(films, pairs, params)
    films = films.join(find_exclusions(films))
    candidates = films[films["reason"].isna()]
    kept = [name for name in SAMPLES_SCHEMA.names if name in films]
    samples = candidates[kept].join(split_films(candidates, params))
    if params.balance == "undersample":
        because = surplus_films(samples, params.seed)
        films.loc[because.index, "reason"] = "undersampled"
        films.loc[because.index, "because"] = because
        samples = samples.drop(index=because.index)
    excluded = films[films["reason"].notna()].reset_index(drop=True)
    return _with_balance(samples, params)[SAMPLES_SCHEMA.names], excluded[EXCLUDED_SCHEMA.names]


def find_exclusions(films: pd.DataFrame) -> pd.DataFrame:
    """Find films that the cohort must not hold: duplicates, contradictions and leaks.

    - `label_conflict`: identical pixels under two labels. Nobody knows which label is right, so
      both films are left out. Near duplicates under two labels are two different pictures: both
      stay, in one group, and the data gate lists them for a person to judge.
    - `duplicate`: identical pixels. The copy in a kept test split stays; otherwise the copy with
      the smallest patient id, then image id, then path.
    - `leak`: the film shares a group with a film of the kept test split.

    Args:
        films: Columns `path`, `image_id`, `patient_id`, `group_id`, `label` (mapped),
            `pixel_hash`, `in_kept_test`.

    Returns:
        Columns `reason` and `because`, null for films that stay; aligned with `films`.
    """
    copies = films[films["pixel_hash"].duplicated(keep=False)]
    ordered = copies.sort_values(
        ["in_kept_test", "patient_id", "image_id", "path"], ascending=[False, True, True, True]
    )
    same_pixels = ordered.groupby("pixel_hash")
    kept_path = same_pixels["path"].transform("first").reindex(copies.index)
    duplicate = copies.index[kept_path != copies["path"]]
    conflict = ordered.index[same_pixels["label"].transform("nunique") > 1]
    exclusions = pd.DataFrame(index=films.index, columns=["reason", "because"], dtype="str")
    exclusions.loc[duplicate, "reason"] = "duplicate"
    exclusions.loc[duplicate, "because"] = "same pixels as " + kept_path[duplicate]
    exclusions.loc[conflict, "reason"] = "label_conflict"
    exclusions.loc[conflict, "because"] = "same pixels under two labels"
    leak = _find_leaks(films, in_cohort=exclusions["reason"].isna())
    exclusions.loc[leak, "reason"] = "leak"
    exclusions.loc[leak, "because"] = "shares group " + films["group_id"][leak] + " with the test"
    return exclusions


def _find_leaks(films: pd.DataFrame, in_cohort: "pd.Series[bool]") -> "pd.Series[bool]":
    """Whether each film is outside the kept test split but in a group of one of its films."""
    in_test = films["in_kept_test"]
    test_groups = films.loc[in_test & in_cohort, "group_id"].unique()
    return films["group_id"].isin(test_groups) & ~in_test & in_cohort


def _with_groups(films: pd.DataFrame, pairs: pd.DataFrame, params: ResampleParams) -> pd.DataFrame:
    """Films sorted by path, with mapped label, patient, group, draws and `in_kept_test`."""
    films = films[list(_COLUMNS)].sort_values("path", ignore_index=True)
    films["label"] = map_labels(films, params.labels)
    films["patient_id"] = patients(films)
    films["group_id"] = join_groups(films, pairs)
    films["in_kept_test"] = (films["given_split"] == "test") & params.keep_given_test
    films["test_draw"] = group_draws(films, params.seed, "test")
    if params.n_folds:  # one draw per group: the smallest draw of its patients would favour fold 0
        films["val_draw"] = hash_draws(films["group_id"], params.seed, "fold")
    else:
        films["val_draw"] = group_draws(films, params.seed, "val")
    return films


def _with_balance(samples: pd.DataFrame, params: ResampleParams) -> pd.DataFrame:
    """Films sorted by split and path, with class index, weight and repeats."""
    order = samples["split"].map(SPLITS.index)
    samples = samples.assign(order=order).sort_values(["order", "path"], ignore_index=True)
    classes = sorted(samples["label"].unique())
    samples["class_index"] = samples["label"].map(classes.index)
    samples["sample_weight"] = 1.0
    samples["n_repeats"] = 1
    if params.balance == "class_weight":
        samples["sample_weight"] = class_weights(samples)
    elif params.balance == "oversample":
        samples["n_repeats"] = count_repeats(samples, params.seed)
    return samples
