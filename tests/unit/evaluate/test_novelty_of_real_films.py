"""Films of children (Kermany) against turned ones, foreign ones, and films of adults.

The features are a random projection: no network is trained here.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tasks.core.statistics.auroc import auroc
from tasks.evaluate.contract.novelty_fit import fit_novelty
from tasks.evaluate.novelty_probes import build_probes
from tests.films import pack
from tests.phantom_squares import SIZE_PX, features_of


def squares(paths: Iterable[Path]) -> np.ndarray:
    made = []
    for path in paths:
        with Image.open(path) as film:
            made.append(np.asarray(film.convert("RGB").convert("L").resize((SIZE_PX, SIZE_PX))))
    return np.stack(made)[..., np.newaxis]


@pytest.fixture(scope="module")
def children():
    """Half of a draw of 1,200 training films is fitted, a quarter decides, a quarter is judged."""
    paths = sorted((pack("kermany-224") / "chest_xray/train").rglob("*.jpeg"))
    drawn = np.random.default_rng(0).permutation(len(paths))[:1200]
    train, val, judged = np.split(squares(paths[k] for k in drawn), [600, 900])
    reference = fit_novelty(features_of(train), train, features_of(val), val, 0.01)
    return reference, judged, reference.score(features_of(judged), judged)


def found(reference, own: np.ndarray, images: np.ndarray) -> tuple[float, float]:
    """Share that is flagged, and AUROC against the judged films."""
    scores = reference.score(features_of(images), images)
    both = np.concatenate([own, scores])
    area = auroc(both, np.arange(len(both)) >= len(own))
    return float((scores > reference.threshold).mean()), area


def test_about_one_percent_of_films_like_the_training_films_is_flagged(children):
    reference, _, own = children
    assert (own > reference.threshold).mean() <= 0.03


def test_every_kind_of_probe_is_found(children):
    reference, judged, own = children
    for name, images in build_probes(judged, pd.Series(range(len(judged))), 0).items():
        flagged, area = found(reference, own, images)
        assert flagged >= 0.9, name
        assert area >= 0.99, name


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("covid-radiography-mini", "COVID-19_Radiography_Dataset/COVID/images/*.png"),
        ("covid-3class", "Covid19-dataset/*/Covid/*"),
        ("nih-sample", "*.png"),
    ],
)
def test_films_of_adults_score_higher(children, name, pattern):
    reference, _, own = children
    paths = [path for path in sorted(pack(name).glob(pattern)) if path.suffix != ".csv"]
    flagged, area = found(reference, own, squares(paths))
    assert area >= 0.9
    assert flagged >= 0.25  # many adults are still taken for children
