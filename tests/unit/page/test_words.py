import numpy as np

from tasks.page.words import layer_words, outcome_title, verdict
from tests.report_inputs import MODEL, cohort_films, estimate, metrics_of, predict


def test_verdict_is_one_sentence_of_counts_and_intervals() -> None:
    metrics = metrics_of(MODEL, predict(cohort_films(), np.random.default_rng(0)))
    metrics["test"]["n_patients"] = 130
    metrics["test"]["sensitivity"] = estimate(62 / 65, 0.89, 0.99)
    metrics["test"]["specificity"] = estimate(None, None, None)
    assert verdict(metrics) == (
        "On 164 test films of 130 patients minivggnet found 62 of 65 pneumonia films "
        "(sensitivity 0.95, 95 % interval 0.89\N{EN DASH}0.99) and raised a false alarm on 12 "
        "of 99 normal films (specificity undefined)."
    )


def test_several_positive_classes_are_joined() -> None:
    metrics = {"classes": ["COVID", "NORMAL", "VIRAL PNEUMONIA"], "negative_class": "NORMAL"}
    assert outcome_title("FN", metrics) == "Missed: covid or viral pneumonia called normal"


def test_layer_is_told_by_the_end_of_its_name() -> None:
    assert "filter" in layer_words("block2_conv1")
    assert layer_words("block14_sepconv2").startswith("Each tile mixes")
    assert "resolution" in layer_words("block1_pool")
    assert layer_words("mystery") == ""
