"""Balance the classes of the training split; the other splits are not changed."""

import pandas as pd

from tasks.resample.hash_draws import hash_draws


def class_weights(samples: pd.DataFrame) -> pd.Series:
    """Weight of each film: n / (k * n_class) in the training split, 1 elsewhere.

    n is the number of training films, k the number of classes. All classes then have the same
    total weight.

    Args:
        samples: Columns `label`, `split`.

    Source:
        G. King, L. Zeng, "Logistic regression in rare events data", Political Analysis 9(2), 2001;
        the form is scikit-learn's `class_weight="balanced"`.
    """
    weights = pd.Series(1.0, index=samples.index)
    labels = samples.loc[samples["split"] == "train", "label"]
    n_class = labels.map(labels.value_counts())
    weights[labels.index] = len(labels) / (labels.nunique() * n_class)
    return weights


def count_repeats(samples: pd.DataFrame, seed: int) -> pd.Series:
    """How often each film is shown per epoch, so that each class has as many as the largest.

    Within a class the counts differ by at most one. A hash draw chooses the films with one more,
    in proportion to the subtypes.

    Args:
        samples: Columns `label`, `subtype`, `image_id`, `split`.
        seed: `resample.seed`.

    Returns:
        int64, 1 or more in the training split, 1 elsewhere.
    """
    repeats = pd.Series(1, index=samples.index)
    train = samples[samples["split"] == "train"]
    n_class = train["label"].map(train["label"].value_counts())
    one_more = _rank_in_class(train, seed, "oversample") < n_class.max() % n_class
    repeats[train.index] = n_class.max() // n_class + one_more
    return repeats


def surplus_films(samples: pd.DataFrame, seed: int) -> pd.Series:
    """Training films to leave out, so that each class has as many as the smallest.

    A hash draw chooses the films that stay, in proportion to the subtypes.

    Args:
        samples: Columns `label`, `subtype`, `image_id`, `split`.
        seed: `resample.seed`.

    Returns:
        The reason as text for each film to leave out, with the index of `samples`.
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
        + ": a hash draw left out the rest"
    )


def _rank_in_class(train: pd.DataFrame, seed: int, purpose: str) -> pd.Series:
    """Rank of each film in its class, from 0; the first m ranks hold subtypes in proportion.

    Film j of n of a subtype, in the order of draws, gets the position (j + 1/2) / n. Of the first
    m ranks, a subtype has its share of m, rounded up or down.
    """
    draws = hash_draws(train["image_id"], seed, purpose)
    strata = [train["label"], train["subtype"].fillna("")]
    order = draws.groupby(strata).rank(method="first")
    position = (order - 0.5) / draws.groupby(strata).transform("size")
    ranked = pd.DataFrame({"label": train["label"], "position": position, "draw": draws})
    ranked = ranked.sort_values(["position", "draw"])
    return ranked.groupby("label").cumcount().reindex(train.index)
