"""What a network says of each test film, as JSON without any identity.

`tasks.screen.simulate` reads it: the worklist in a clinic is simulated from the measured scores,
on a machine that has neither pandas nor Parquet.
"""

from typing import Any

import pandas as pd

from tasks.core.decision.decision import Decision


def film_scores(test: pd.DataFrame, decision: Decision, is_synthetic: bool) -> dict[str, Any]:
    """Scores of the test films by patient.

    Args:
        test: Rows of `predict_films` of the test split.
        decision: What validation decided for the network.
        is_synthetic: Whether a program drew the films.

    Returns:
        `model`, `classes`, `negative_class`, `operating_point`, `threshold`, `is_synthetic`, and
        `films`: columns of one value per film: `patient`, a number from 0 in the order of the
        films; `positive`; `prob_finding`, None where the guard of the network refuses the film;
        `is_referred`. Without a negative class `films` is None: no film is positive.
    """
    found: dict[str, Any] = {
        "model": decision.model,
        "classes": list(decision.classes),
        "negative_class": decision.negative_class,
        "operating_point": decision.operating_point,
        "threshold": decision.threshold,
        "is_synthetic": is_synthetic,
        "films": None,
    }
    if decision.negative_class is None:
        return found
    prob, refused = test["prob_positive"].tolist(), test["is_refused"].tolist()
    columns = {
        "patient": pd.factorize(test["group_id"])[0].tolist(),
        "positive": test["positive"].astype(bool).tolist(),
        "prob_finding": [None if no else p for p, no in zip(prob, refused, strict=True)],
        "is_referred": test["is_referred"].astype(bool).tolist(),
    }
    return found | {"films": columns}
