"""Hold out, in each class, the patients whose films are acquired like those of the other class.

In Kaggle's sets the classes differ in facts of acquisition (sharpness, noise, size, file quality).
In the films held out here, a network that uses these facts predicts the wrong label.
"""

from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.resample.acquisition import fact_ranks

HELD_OUT = "held"  # name of the split
SHARE = 0.25  # smallest share of each class


def acquisition_scores(
    facts: pd.DataFrame, positive: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Score how much the acquisition of each film resembles that of positive films.

    The score is the log-odds of a logistic regression on ranks, so units and outliers do not
    matter.

    Args:
        facts: Columns of ACQUISITION_FACTS, one row per film.
        positive: Whether each film is positive, (n,) bool.
        weights: Weight of each film, (n,) float64, such as 1 / number of films of the patient.

    Returns:
        Score of each film, (n,) float64.

    Raises:
        CohortError: No fact differs between films.
    """
    from sklearn.linear_model import LogisticRegression

    matrix = fact_ranks(facts) - 0.5
    model = LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced")
    model.fit(matrix, positive, sample_weight=weights)
    return cast(NDArray[np.float64], model.decision_function(matrix))


def hold_out(
    samples: pd.DataFrame, facts: pd.DataFrame, negative: str, share: float = SHARE
) -> pd.DataFrame:
    """Hold out the most misleading patients of each class; the test films are not used.

    Args:
        samples: Cohort with the columns of `tables.SAMPLES_SCHEMA`.
        facts: Rows of the manifest, with `image_id`.
        negative: Class that means "no finding".
        share: Smallest share of each class to hold out, without the test split.

    Returns:
        The films outside the test split. `split` is HELD_OUT for the films that are held out, and
        unchanged otherwise; `acquisition_score` decided it. All films of a patient
        are in the same split.
    """
    films = samples[samples["split"] != "test"].sort_values("image_id", ignore_index=True)
    facts = facts.drop_duplicates("image_id").set_index("image_id").loc[films["image_id"]]
    positive = (films["label"] != negative).to_numpy()
    weights = 1.0 / films.groupby("group_id")["image_id"].transform("size").to_numpy(np.float64)
    films["acquisition_score"] = acquisition_scores(facts, positive, weights)
    held_out: set[str] = set()
    for label, of_class in films.groupby("label"):
        toward_other_class = 1.0 if label == negative else -1.0
        groups = of_class.groupby("group_id")["acquisition_score"].agg(["mean", "size"])
        groups["mean"] *= toward_other_class
        ranked = groups.sort_values("mean", ascending=False, kind="stable")
        n_before = ranked["size"].cumsum() - ranked["size"]
        held_out |= set(ranked.index[n_before < share * len(of_class)])
    return films.assign(split=films["split"].mask(films["group_id"].isin(held_out), HELD_OUT))
