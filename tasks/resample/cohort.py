"""From usable films to a cohort: label, group, exclude, split, balance."""

import pandas as pd

from tasks.core.params import ResampleParams
from tasks.core.statistics.groups import join_groups, patients
from tasks.core.tables import EXCLUDED_SCHEMA, SAMPLES_SCHEMA, SPLITS
from tasks.resample.balance import class_weights, count_repeats, surplus_films
from tasks.resample.exclusions import find_exclusions
from tasks.resample.labels import map_labels
from tasks.resample.lots import draw_lots, group_lots
from tasks.resample.splits import split_films

COLUMNS = ("image_id", "path", "label", "subtype", "given_split", "patient_id", "pixel_hash")


def build_cohort(
    films: pd.DataFrame, pairs: pd.DataFrame, params: ResampleParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make one cohort of the usable films.

    Splits that the folders give are joined and drawn anew by patient, except a given test split,
    which is kept if `keep_given_test` says so. What is drawn depends on the seed, the patient
    keys and, for balance, the image ids: not on file names or the order of the rows.

    Args:
        films: Usable rows of the manifest.
        pairs: Exact and near duplicates among them.
        params: Section `resample`.

    Returns:
        samples, one row per film of the cohort, sorted by split (train, val, test) and path; and
        excluded, one row per film left out, sorted by path, with reason `label_conflict`,
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


def _with_groups(films: pd.DataFrame, pairs: pd.DataFrame, params: ResampleParams) -> pd.DataFrame:
    """The films by path, with mapped label, patient, group, lots, and whether a kept test holds."""
    films = films[list(COLUMNS)].sort_values("path", ignore_index=True)
    films["label"] = map_labels(films, params.labels)
    films["patient_id"] = patients(films)
    films["group_id"] = join_groups(films, pairs)
    films["held"] = (films["given_split"] == "test") & params.keep_given_test
    films["test_lot"] = group_lots(films, params.seed, "test")
    if params.n_folds:  # one lot per group: the smallest of its patients would favour fold 0
        films["val_lot"] = draw_lots(films["group_id"], params.seed, "fold")
    else:
        films["val_lot"] = group_lots(films, params.seed, "val")
    return films


def _with_balance(samples: pd.DataFrame, params: ResampleParams) -> pd.DataFrame:
    """The films by split and path, with class index, weight and repeats."""
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
