import numpy as np
import pandas as pd
import pytest

from tasks.core.errors import EvaluationError
from tasks.evaluate.comparison.baseline_differences import compare_with_baselines

N = 60
LABELS = np.array(["A", "B", "C"])[np.arange(N) % 3]


def films(**columns: object) -> pd.DataFrame:
    ids = [f"f{k:03d}" for k in range(N)]
    table = pd.DataFrame({"image_id": ids, "label": LABELS, "group_id": ids})
    empty = dict.fromkeys(("positive", "called_positive", "prob_positive", "called_class"))
    return table.assign(**(empty | columns))


def two_sided(prob: np.ndarray) -> pd.DataFrame:
    return films(positive=LABELS == "A", prob_positive=prob, called_positive=prob >= 0.5)


def of_classes(names: np.ndarray) -> pd.DataFrame:
    probs = {f"prob_{name}": (names == name).astype(float) for name in "ABC"}
    return films(called_class=names, **probs)


def test_difference_of_two_sides_is_that_of_the_metrics() -> None:
    right = np.where(LABELS == "A", 0.9, 0.1)
    baseline = two_sided(np.full(N, 1.0)).assign(baseline="always")
    (row,) = compare_with_baselines({"m": two_sided(right)}, baseline, 200, 0)
    assert (row["model"], row["baseline"]) == ("m", "always")
    assert row["auroc"]["value"] == 0.5  # 1 less 0.5
    assert row["accuracy"]["value"] == pytest.approx(2 / 3)  # 1 less 1 / 3
    assert 0 < row["accuracy"]["low"] < 2 / 3 < row["accuracy"]["high"]


def test_difference_of_classes_is_that_of_the_means() -> None:
    guess = np.roll(LABELS, 1)  # every film is called another class
    baseline = of_classes(np.full(N, "B")).assign(baseline="commonest")
    (row,) = compare_with_baselines({"m": of_classes(guess)}, baseline, 200, 0)
    # A class that is never called right: AUROC (40 - 20) / 2 / 40 = 0.25 of each class
    assert row["auroc"]["value"] == pytest.approx(0.25 - 0.5)
    assert row["auroc"]["high"] < 0
    assert row["accuracy"]["value"] == pytest.approx(-1 / 3)


def test_a_baseline_for_other_films_is_refused() -> None:
    baseline = two_sided(np.full(N, 1.0)).assign(baseline="always")
    with pytest.raises(EvaluationError, match="same test films"):
        compare_with_baselines({"m": two_sided(np.full(N, 0.4))}, baseline[:-1], 20, 0)
