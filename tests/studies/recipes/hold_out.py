"""Validation by acquisition: in each class the films that look made by the other class's machines.

Facts of how a film was taken (sharpness, noise, size, file quality) tell the classes apart in
Kaggle's sets. Held out here are, in each class, the patients whose films resemble in these facts
the films of the other class: among them the shortcut points the wrong way.
"""

from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.errors import CohortError

# columns of the manifest; missing or constant ones are left out
FACTS = (
    "sharpness",
    "noise",
    "border",
    "black_share",
    "width",
    "height",
    "n_bytes",
    "jpeg_quality",
)
HELD = "held"  # the split of the films held out
SHARE = 0.25  # of each class's films


def acquisition_scores(
    facts: pd.DataFrame, positive: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much each film is, by acquisition alone, like those of the positive classes.

    Args:
        facts: Columns of FACTS, one row per film.
        positive: (n,) bool.
        weights: (n,) float64 such as 1 over the films of the patient.

    Returns:
        (n,) float64, log-odds of a logistic regression on ranks: no unit and no outlier counts.

    Raises:
        CohortError: No fact differs between films.
    """
    from sklearn.linear_model import LogisticRegression

    known = facts.reindex(columns=list(FACTS)).astype(np.float64)
    ranks = known.rank(pct=True).fillna(0.5)
    ranks = ranks.loc[:, known.nunique() > 1]
    if ranks.shape[1] == 0:
        raise CohortError(
            "a hold-out by acquisition needs a fact that differs between films",
            found="every film alike",
            where=f"columns {', '.join(FACTS)} of the manifest",
            next_step="judge this source by ordinary and degraded validation only",
        )
    matrix = ranks.to_numpy() - 0.5
    line = LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced")
    line.fit(matrix, positive, sample_weight=weights)
    return cast(NDArray[np.float64], line.decision_function(matrix))


def hold_out(
    samples: pd.DataFrame, facts: pd.DataFrame, negative: str, share: float = SHARE
) -> pd.DataFrame:
    """Set the most misleading patients of each class aside; the test films are not looked at.

    Args:
        samples: The cohort, columns as in `tables.SAMPLES_SCHEMA`.
        facts: Manifest rows, with `image_id`.
        negative: The class that means "no finding".
        share: Of each class's films outside the test split, at least.

    Returns:
        The films outside the test split: `split` is `held` for those set aside and else as it
        was; `acquisition` is the score by which they were chosen. Patients stay whole.
    """
    films = samples[samples["split"] != "test"].sort_values("image_id", ignore_index=True)
    facts = facts.drop_duplicates("image_id").set_index("image_id").loc[films["image_id"]]
    positive = (films["label"] != negative).to_numpy()
    weights = 1.0 / films.groupby("group_id")["image_id"].transform("size").to_numpy(np.float64)
    films["acquisition"] = acquisition_scores(facts, positive, weights)
    held: set[str] = set()
    for label, mine in films.groupby("label"):
        toward_the_other = 1.0 if label == negative else -1.0
        groups = mine.groupby("group_id")["acquisition"].agg(["mean", "size"])
        groups["mean"] *= toward_the_other
        ranked = groups.sort_values("mean", ascending=False, kind="stable")
        n_before = ranked["size"].cumsum() - ranked["size"]
        held |= set(ranked.index[n_before < share * len(mine)])
    return films.assign(split=films["split"].mask(films["group_id"].isin(held), HELD))
