import pandas as pd
import pytest

from tasks.core.params import ValidateParams
from tasks.core.tables import MANIFEST_SCHEMA
from tests.unit.validate.cases import film, pairs_of


@pytest.fixture
def clean() -> pd.DataFrame:
    """20 usable films: NORMAL 00-09 and PNEUMONIA 10-19, of which 08, 09, 18, 19 are test."""
    rows = [
        film(
            "PNEUMONIA" if number >= 10 else "NORMAL",
            number,
            "test" if number % 10 > 7 else "train",
        )
        for number in range(20)
    ]
    return pd.DataFrame(rows, columns=MANIFEST_SCHEMA.names).sort_values("path", ignore_index=True)


@pytest.fixture
def no_pairs() -> pd.DataFrame:
    return pairs_of()


@pytest.fixture
def thresholds() -> ValidateParams:
    return ValidateParams(
        min_films=16,
        min_class_films=6,
        min_class_patients=4,
        max_rejected_share=0.1,
        max_class_rejected_share=0.15,
        max_duplicate_share=0.1,
        max_near_duplicate_share=0.1,
        max_class_ratio=1.5,
        max_aspect=4.0,
        max_shortcut_auroc=0.8,
        max_shift_auroc=0.8,
        max_upside_down_share=0.0,
        reference=None,
        max_drift=0.25,
        severity={},
    )
