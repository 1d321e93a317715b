"""How the classes of the training split are made to count alike; other splits stay as they are."""

import pandas as pd

from tasks.resample.lots import draw_lots


def class_weights(samples: pd.DataFrame) -> pd.Series:
    """Weight of each film: n / (k * n_class) in training, so that classes count alike; else 1.

    Source: G. King, L. Zeng, "Logistic regression in rare events data", Political Analysis 9(2),
    2001; the form is scikit-learn's `class_weight="balanced"`.

    Args:
        samples: Columns `label`, `split`.
    """
    weights = pd.Series(1.0, index=samples.index)
    labels = samples.loc[samples["split"] == "train", "label"]
    n_class = labels.map(labels.value_counts())
    weights[labels.index] = len(labels) / (labels.nunique() * n_class)
    return weights


def count_repeats(samples: pd.DataFrame, seed: int) -> pd.Series:
    """Times per epoch of each film: each training class adds up to the size of the largest.

    Within a class the counts differ by one at most; a lot says which films get one more, spread
    over the subtypes in proportion.

    Args:
        samples: Columns `label`, `subtype`, `image_id`, `split`.
        seed: `resample.seed`.

    Returns:
        n_repeats: int64, 1 or more in training, 1 elsewhere.
    """
    repeats = pd.Series(1, index=samples.index)
    train = samples[samples["split"] == "train"]
    n_class = train["label"].map(train["label"].value_counts())
    one_more = _rank_in_class(train, seed, "oversample") < n_class.max() % n_class
    repeats[train.index] = n_class.max() // n_class + one_more
    return repeats


def surplus_films(samples: pd.DataFrame, seed: int) -> pd.Series:
    """Training films to leave out so that each class has as many as the smallest.

    A lot says which films stay, spread over the subtypes in proportion.

    Args:
        samples: Columns `label`, `subtype`, `image_id`, `split`.
        seed: `resample.seed`.

    Returns:
        because: text for each film to leave out, indexed like those rows of `samples`.
    """
    train = samples[samples["split"] == "train"]
    counts = train["label"].value_counts()
    surplus = train[_rank_in_class(train, seed, "undersample") >= counts.min()]
    smallest = min(counts.index[counts == counts.min()])
    n_class = surplus["label"].map(counts).astype("str")
    return (
        f"{smallest} has {counts.min()} training films, "
        + surplus["label"]
        + " "
        + n_class
        + ": the rest left out by lot"
    )


def _rank_in_class(train: pd.DataFrame, seed: int, purpose: str) -> pd.Series:
    """Place of each film in its class, from 0, so that any first m hold subtypes in proportion.

    Film number j of n of a subtype, in the order of lots, stands at (j + 1/2) / n of the queue:
    of the first m places a subtype has its share of m, rounded up or down.
    """
    lots = draw_lots(train["image_id"], seed, purpose)
    strata = [train["label"], train["subtype"].fillna("")]
    order = lots.groupby(strata).rank(method="first")
    queue = (order - 0.5) / lots.groupby(strata).transform("size")
    ranked = pd.DataFrame({"label": train["label"], "queue": queue, "lot": lots})
    ranked = ranked.sort_values(["queue", "lot"])
    return ranked.groupby("label").cumcount().reindex(train.index)
