"""Tables of predictions with known truth and probabilities, for tests of what judges them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tasks.core.decision.decision import Decision
from tasks.core.statistics.arrays import Floats
from tasks.evaluate.inference import Inference
from tasks.evaluate.predictions import predict_films

SIZE_PX, N_FEATURES = 16, 4  # as in `decisions.novelty_reference`


def predicted_films(
    decision: Decision,
    labels: Sequence[str | None],
    probabilities: Floats,
    patients: Sequence[object] | None = None,
    split: str = "test",
) -> pd.DataFrame:
    """Return the predictions of films whose calibrated probabilities are given.

    Args:
        decision: A decision without calibration.
        labels: (n,) class of each film; None without a label.
        probabilities: (n, n_classes), each row with a sum of 1.
        patients: (n,) patient of each film; None: each film has its own.
        split: Split of all films.
    """
    n = len(labels)
    of_film = range(n) if patients is None else patients
    films = pd.DataFrame({"image_id": [f"{split}-{k:05d}" for k in range(n)], "split": split})
    films["path"] = "films/" + films["image_id"].astype(str) + ".png"
    films["label"] = pd.Series(list(labels), dtype="str")
    films["patient_id"] = [f"{split}-p{patient:05}" for patient in of_film]
    films["group_id"] = films["patient_id"]
    films["subtype"] = films["site"] = None
    inference = Inference(
        logits=np.log(np.clip(probabilities, 1e-12, None)).astype(np.float32),
        is_refused=np.zeros(n, dtype=bool),
        features=np.zeros((n, N_FEATURES), dtype=np.float32),
    )
    images = np.zeros((n, SIZE_PX, SIZE_PX, 1), dtype=np.uint8)
    return predict_films(films, inference, decision, images)


def two_class(prob_positive: Sequence[float]) -> Floats:
    """Return the probabilities of NORMAL and PNEUMONIA."""
    prob = np.asarray(prob_positive, dtype=np.float64)
    return np.column_stack([1 - prob, prob])
