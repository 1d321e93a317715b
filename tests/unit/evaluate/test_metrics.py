import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from tasks.evaluate.metrics import METRICS, Scored


def table_of(tp: int, fp: int, tn: int, fn: int) -> Scored:
    """Films of a 2x2 table; called ones have probability 0.8, the others 0.2."""
    positive = np.array([True] * tp + [False] * fp + [False] * tn + [True] * fn)
    called = np.array([True] * (tp + fp) + [False] * (tn + fn))
    return Scored(positive, called, np.where(called, 0.8, 0.2))


def plain(name: str, scored: Scored) -> float:
    return float(METRICS[name](scored, np.ones((1, len(scored.positive))))[0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [  # tp 8, fp 3, tn 7, fn 2
        ("sensitivity", 8 / 10),
        ("specificity", 7 / 10),
        ("accuracy", 15 / 20),
        ("balanced_accuracy", 0.75),
        ("ppv", 8 / 11),
        ("npv", 7 / 9),
        ("f1", 16 / 21),  # 2 tp / (2 tp + fp + fn)
        # (8 * 7 - 3 * 2) / sqrt((8 + 3) (8 + 2) (7 + 3) (7 + 2))
        ("mcc", 50 / np.sqrt(11 * 10 * 10 * 9)),
        ("log_loss", -(15 * np.log(0.8) + 5 * np.log(0.2)) / 20),
        ("brier", (15 * 0.04 + 5 * 0.64) / 20),  # correct: 0.2 off; wrong: 0.8 off
        ("auroc", (8 * 7 + 0.5 * (8 * 3 + 2 * 7)) / 100),  # 56 won, 38 tied of 100 pairs
        ("average_precision", 0.8 * 8 / 11 + 0.2 * 10 / 20),  # recall 0.8, then the rest
    ],
)
def test_each_metric_of_a_2x2_table_worked_by_hand(name, expected):
    assert plain(name, table_of(8, 3, 7, 2)) == pytest.approx(expected, abs=1e-12)


def test_calibration_error_by_hand():
    # 20 films, 10 bins of 2: every pair is (0.9, 0.9); 1 of the 2 positive -> gap 0.4 in each
    # bin; the lower ten films have 0.1 and none is positive -> gap 0.1 in each
    prob = np.array([0.1 + 0.001 * k for k in range(10)] + [0.9 + 0.001 * k for k in range(10)])
    positive = np.array([False] * 10 + [True, False] * 5)
    scored = Scored(positive, prob >= 0.5, prob)
    # mean of 0.1 .. 0.109 is 0.1045; mean of 0.9 .. 0.909 is 0.9045, against a frequency of 0.5
    assert plain("calibration_error", scored) == pytest.approx((0.1045 + 0.4045) / 2)


def test_calibration_error_of_one_probability_for_all_is_its_distance_from_the_prevalence():
    for positive in ([True, False] * 10, [True] * 10 + [False] * 10):
        scored = Scored(np.array(positive), np.ones(20, dtype=bool), np.full(20, 0.7))
        assert plain("calibration_error", scored) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("counts", "undefined"),
    [
        ((0, 3, 7, 0), {"auroc", "average_precision", "sensitivity", "balanced_accuracy", "mcc"}),
        ((8, 0, 0, 2), {"auroc", "specificity", "balanced_accuracy", "mcc"}),
        ((0, 0, 7, 2), {"ppv", "mcc"}),
        ((8, 3, 0, 0), {"npv", "mcc"}),
        ((0, 0, 7, 0), {"auroc", "average_precision", "sensitivity", "balanced_accuracy"}
         | {"ppv", "f1", "mcc"}),
    ],
)  # fmt: skip
def test_only_undefined_metrics_are_nan(counts, undefined):
    scored = table_of(*counts)
    assert {name for name in METRICS if np.isnan(plain(name, scored))} == undefined


def random_films(seed: int, n: int = 60) -> tuple[Scored, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.6
    prob = np.round(np.clip(0.3 * positive + rng.normal(0.4, 0.25, n), 0, 1), 1)  # many ties
    weights = rng.integers(0, 4, (5, n)).astype(float)  # counts, as in a bootstrap
    return Scored(positive, prob >= 0.5, prob), weights


SKLEARN = {
    "auroc": lambda s, w: sk.roc_auc_score(s.positive, s.prob, sample_weight=w),
    "average_precision": lambda s, w: sk.average_precision_score(
        s.positive, s.prob, sample_weight=w
    ),
    "sensitivity": lambda s, w: sk.recall_score(s.positive, s.called, sample_weight=w),
    "specificity": lambda s, w: sk.recall_score(
        s.positive, s.called, pos_label=False, sample_weight=w
    ),
    "accuracy": lambda s, w: sk.accuracy_score(s.positive, s.called, sample_weight=w),
    "balanced_accuracy": lambda s, w: sk.balanced_accuracy_score(
        s.positive, s.called, sample_weight=w
    ),
    "ppv": lambda s, w: sk.precision_score(s.positive, s.called, sample_weight=w),
    "npv": lambda s, w: sk.precision_score(s.positive, s.called, pos_label=False, sample_weight=w),
    "f1": lambda s, w: sk.f1_score(s.positive, s.called, sample_weight=w),
    "mcc": lambda s, w: sk.matthews_corrcoef(s.positive, s.called, sample_weight=w),
    "log_loss": lambda s, w: sk.log_loss(s.positive, s.prob, sample_weight=w),
    "brier": lambda s, w: sk.brier_score_loss(s.positive, s.prob, sample_weight=w),
}


@pytest.mark.parametrize("name", sorted(SKLEARN))
def test_metric_agrees_with_scikit_learn_plain_and_weighted_with_ties(name):
    for seed in range(10):
        scored, weights = random_films(seed)
        ours = METRICS[name](scored, weights)
        theirs = [SKLEARN[name](scored, row) for row in weights]
        np.testing.assert_allclose(ours, theirs, rtol=1e-11)
        assert plain(name, scored) == pytest.approx(SKLEARN[name](scored, None), rel=1e-11)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_metric_depends_on_the_order_of_the_films(seed):
    scored, weights = random_films(seed % 997)
    order = np.random.default_rng(seed).permutation(len(scored.positive))
    mixed = Scored(scored.positive[order], scored.called[order], scored.prob[order])
    for name, metric in METRICS.items():
        np.testing.assert_allclose(
            metric(mixed, weights[:, order]), metric(scored, weights), atol=1e-12, err_msg=name
        )


def test_whole_weights_are_the_same_as_films_repeated():
    scored, weights = random_films(1)
    counts = weights[0].astype(int)
    repeated = Scored(**{name: np.repeat(values, counts) for name, values in vars(scored).items()})
    for name in sorted(set(METRICS) - {"calibration_error"}):  # its bins ignore the weights
        value = METRICS[name](scored, weights[:1])[0]
        assert value == pytest.approx(plain(name, repeated), abs=1e-12), name


def test_every_metric_stays_in_its_range():
    for seed in range(20):
        scored, weights = random_films(seed, n=12)
        for name, metric in METRICS.items():
            values = metric(scored, weights)
            values = values[~np.isnan(values)]
            lowest = -1 if name == "mcc" else 0
            highest = np.inf if name == "log_loss" else 1 + 1e-12
            assert ((values >= lowest) & (values <= highest)).all(), name


def test_a_probability_of_zero_for_the_truth_has_a_finite_log_loss_as_in_scikit_learn():
    scored = Scored(np.array([True, False]), np.array([False, False]), np.array([0.0, 0.0]))
    assert plain("log_loss", scored) == pytest.approx(-np.log(2.220446049250313e-16) / 2)
    assert plain("log_loss", scored) == pytest.approx(sk.log_loss(scored.positive, scored.prob))


def test_metrics_have_the_promised_names():
    assert list(METRICS) == [
        *("auroc", "average_precision", "sensitivity", "specificity", "accuracy"),
        *("balanced_accuracy", "ppv", "npv", "f1", "mcc"),
        *("log_loss", "brier", "calibration_error"),
    ]
