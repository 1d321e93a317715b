import pandas as pd
import pytest

from tasks.params import ValidateParams
from tasks.tables import MANIFEST


def film(label: str, number: int, split: str) -> dict[str, object]:
    digest = f"{number:064x}"
    return {
        "image_id": digest,
        "path": f"{split}/{label}/{number:02d}.png",
        "label": label,
        "subtype": None,
        "given_split": split,
        "patient_id": f"patient-{number}",
        "width": 200,
        "height": 100,
        "mode": "L",
        "bit_depth": 8,
        "format": "PNG",
        "n_bytes": 5000,
        "pixel_hash": digest,
        "perceptual_hash": digest,
        "layout": "class_folders",
        "status": "ok",
        "reason": None,
    }


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
    return pd.DataFrame(rows, columns=MANIFEST.names).sort_values("path", ignore_index=True)


@pytest.fixture
def thresholds() -> ValidateParams:
    return ValidateParams(
        min_films=16,
        min_class_films=6,
        min_class_patients=4,
        max_rejected_share=0.1,
        max_duplicate_share=0.1,
        max_class_ratio=1.5,
        max_aspect=4.0,
    )
