"""Predictions of a model of three classes, without its files."""

import numpy as np
import pandas as pd

from tests.evaluation_cases import PREDICTIONS


def three_class_films() -> pd.DataFrame:
    """Films of `evaluation_cases.PREDICTIONS` with the classes of three_classes.py."""
    is_virus = PREDICTIONS["subtype"] == "virus"
    found = np.where(is_virus, "VIRAL PNEUMONIA", "COVID")
    return PREDICTIONS.assign(label=np.where(PREDICTIONS["label"] == "NORMAL", "NORMAL", found))
