import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.class_view import view_classes

CLASSES = ("COVID", "NORMAL", "VIRAL")


def films_of(truth: list[str], called: list[str], patients: list[int] | None = None):
    """Films whose probability is 0.6 for the called class and 0.2 for the others."""
    films = pd.DataFrame({"label": truth, "called_class": called}, dtype="str")
    for name in CLASSES:
        films[f"prob_{name}"] = np.where(films["called_class"] == name, 0.6, 0.2)
    films["group_id"] = [f"p{k}" for k in (range(len(truth)) if patients is None else patients)]
    return films


def random_films(seed: int, n: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    prob = rng.dirichlet(np.ones(3), n) + 0.5 * np.eye(3)[truth] * rng.random((n, 1))
    prob = np.round(prob / prob.sum(axis=1, keepdims=True), 2)  # ties
    films = pd.DataFrame(prob, columns=[f"prob_{name}" for name in CLASSES])
    films["label"] = [CLASSES[k] for k in truth]
    films["called_class"] = [CLASSES[k] for k in prob.argmax(axis=1)]
    return films.assign(group_id=[f"p{k // 2}" for k in range(n)])


def view(films: pd.DataFrame, n_bootstrap: int = 200) -> dict:
    resamples = resample_patients(films["group_id"], n_bootstrap, seed=0)
    return view_classes(films, CLASSES, resamples)


#                  truth     called: COVID, NORMAL, VIRAL
TABLE = {"COVID": (6, 1, 3), "NORMAL": (0, 8, 2), "VIRAL": (1, 0, 4)}
BY_HAND = films_of(
    [truth for truth, row in TABLE.items() for n in row for _ in range(n)],
    [called for row in TABLE.values() for called, n in zip(CLASSES, row, strict=True)
     for _ in range(n)],
)  # fmt: skip


def test_table_of_three_classes_by_hand():
    found = view(BY_HAND)
    assert (found["labels"], found["matrix"]) == (list(CLASSES), [list(r) for r in TABLE.values()])
    covid, normal, viral = found["per_class"]
    assert (covid["name"], covid["n_images"], covid["n_patients"]) == ("COVID", 10, 10)
    assert covid["recall"]["value"] == 6 / 10
    assert covid["precision"]["value"] == 6 / 7
    assert covid["specificity"]["value"] == 14 / 15
    assert normal["f1"]["value"] == pytest.approx(16 / 19)  # 2 8 / (10 + 9)
    # of 5 x 20 pairs: 4 of 5 VIRAL films are at 0.6, as 5 of the 20 others are
    assert viral["auroc"]["value"] == pytest.approx((4 * 15 + 0.5 * (4 * 5 + 1 * 15)) / 100)
    assert found["accuracy"]["value"] == 18 / 25
    assert found["balanced_accuracy"]["value"] == pytest.approx((0.6 + 0.8 + 0.8) / 3)
    assert found["macro"]["recall"] == found["balanced_accuracy"]
    assert found["weighted"]["recall"]["value"] == pytest.approx(18 / 25)
    assert [row[0]["value"] for row in found["shares"]] == pytest.approx([0.6, 0.0, 0.2])


def test_the_most_frequent_confusion_is_first_and_right_calls_are_none():
    found = view(BY_HAND)["top_confusions"]
    assert [(row["truth"], row["called"], row["n_images"]) for row in found] == [
        ("COVID", "VIRAL", 3),
        ("NORMAL", "VIRAL", 2),
        ("COVID", "NORMAL", 1),
        ("VIRAL", "COVID", 1),
    ]
    assert found[0]["share"]["value"] == 0.3
    assert 0 <= found[0]["share"]["low"] < 0.3 < found[0]["share"]["high"] < 1


def test_each_number_agrees_with_scikit_learn_with_ties():
    for seed in range(8):
        films = random_films(seed)
        found = view(films, n_bootstrap=100)
        truth, called = films["label"], films["called_class"]
        prob = films[[f"prob_{name}" for name in CLASSES]].to_numpy()
        np.testing.assert_array_equal(found["matrix"], sk.confusion_matrix(truth, called))
        for kind, average in (("macro", "macro"), ("weighted", "weighted")):
            expected = sk.precision_recall_fscore_support(truth, called, average=average)[:3]
            names = ("precision", "recall", "f1")
            assert [found[kind][name]["value"] for name in names] == pytest.approx(expected)
            auroc = np.average(
                [sk.roc_auc_score(truth == name, prob[:, k]) for k, name in enumerate(CLASSES)],
                weights=[1, 1, 1] if kind == "macro" else truth.value_counts().sort_index(),
            )
            assert found[kind]["auroc"]["value"] == pytest.approx(auroc)
        assert found["accuracy"]["value"] == pytest.approx(sk.accuracy_score(truth, called))
        balanced = sk.balanced_accuracy_score(truth, called)
        assert found["balanced_accuracy"]["value"] == pytest.approx(balanced)


def test_each_interval_is_the_bootstrap_of_scikit_learns_number():
    films = random_films(3)
    resamples = resample_patients(films["group_id"], 40, seed=0)
    found = view_classes(films, CLASSES, resamples)
    truth, called = films["label"], films["called_class"]
    for name, metric in {
        "recall": lambda w: sk.recall_score(truth, called, average="macro", sample_weight=w),
        "f1": lambda w: sk.f1_score(truth, called, average="macro", sample_weight=w),
        "auroc": lambda w: np.mean(
            [sk.roc_auc_score(truth == k, films[f"prob_{k}"], sample_weight=w) for k in CLASSES]
        ),
    }.items():
        low, high = np.percentile([metric(row) for row in resamples], (2.5, 97.5))
        assert (found["macro"][name]["low"], found["macro"][name]["high"]) == (
            pytest.approx(low, abs=1e-9),
            pytest.approx(high, abs=1e-9),
        )


def test_a_class_without_films_is_null_and_in_no_mean():
    without = BY_HAND[BY_HAND["label"] != "VIRAL"]
    found = view(without)
    viral = found["per_class"][2]
    assert (viral["n_images"], viral["n_patients"]) == (0, 0)
    assert viral["recall"] == viral["auroc"] == {"value": None, "low": None, "high": None}
    assert viral["precision"]["value"] == 0.0  # every call of this class is wrong
    assert found["macro"]["recall"]["value"] == pytest.approx((0.6 + 0.8) / 2)
    assert found["shares"][2] == [{"value": None, "low": None, "high": None}] * 3


def test_a_class_that_is_never_called_has_no_precision_and_neither_have_the_means():
    films = films_of(["COVID"] * 4 + ["NORMAL"] * 4 + ["VIRAL"] * 4, ["COVID"] * 6 + ["NORMAL"] * 6)
    found = view(films)
    assert found["per_class"][2]["precision"]["value"] is None
    assert found["macro"]["precision"]["value"] is None
    assert found["per_class"][2]["f1"]["value"] == 0.0
    assert found["macro"]["recall"]["value"] == pytest.approx((1 + 0.5 + 0) / 3)


def test_a_perfect_model_has_intervals_with_width():
    names = [name for name in CLASSES for _ in range(8)]
    found = view(films_of(names, names))
    for estimate in (*found["macro"].values(), *found["weighted"].values(), found["accuracy"]):
        assert estimate["value"] == estimate["high"] == 1.0
        assert 0.5 < estimate["low"] < 1.0
    # Wilson at 8 of 8: 8 / (8 + z^2) = 0.675592; three independent classes: / sqrt(3)
    assert found["macro"]["recall"]["low"] == pytest.approx(1 - 0.324408 / np.sqrt(3), abs=1e-5)
    assert found["per_class"][0]["recall"]["low"] == pytest.approx(0.675592, abs=1e-5)
    # specificities share patients (Wilson at 16 of 16: 0.806393), so no square root of three
    assert found["macro"]["specificity"]["low"] == pytest.approx(0.806393, abs=1e-5)


def test_one_patient_per_class_gives_values_without_intervals():
    films = films_of(
        ["COVID", "COVID", "NORMAL", "NORMAL", "VIRAL", "VIRAL"],
        ["COVID", "VIRAL", "NORMAL", "COVID", "VIRAL", "NORMAL"],
        patients=[0, 0, 1, 1, 2, 2],
    )
    found = view(films)
    for row in found["per_class"]:
        assert row["recall"] == {"value": 0.5, "low": None, "high": None}
    assert found["macro"]["recall"] == {"value": 0.5, "low": None, "high": None}


def test_no_films_give_zeros_and_nulls_that_are_valid_json():
    films = BY_HAND.head(0)
    found = view_classes(films, CLASSES, np.empty((100, 0)))
    assert found["matrix"] == [[0, 0, 0]] * 3
    assert found["accuracy"] == {"value": None, "low": None, "high": None}
    assert found["top_confusions"] == []
    json.dumps(found, allow_nan=False)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_neither_the_order_of_films_nor_of_classes_changes_a_value(seed):
    films = random_films(seed % 50, n=30)
    mixed = films.sample(frac=1, random_state=seed)
    other_order = ("VIRAL", "COVID", "NORMAL")
    one, two = view(films, 20), view(mixed, 20)
    three = view_classes(films, other_order, np.ones((20, 30)))
    for kind in ("macro", "weighted"):
        for name in one[kind]:
            assert one[kind][name] == pytest.approx(two[kind][name])
            assert one[kind][name]["value"] == pytest.approx(three[kind][name]["value"])
