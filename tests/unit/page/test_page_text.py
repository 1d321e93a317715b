import numpy as np

from tasks.page.page_text import layer_caption, lead_sentence, outcome_title
from tests.report_inputs import MODEL, evaluation_of, predict
from tests.report_tables import cohort_films, estimate


def test_lead_gives_counts_and_intervals() -> None:
    evaluation = evaluation_of(MODEL, predict(cohort_films(), np.random.default_rng(0)))
    evaluation["test"]["n_patients"] = 130
    evaluation["test"]["sensitivity"] = estimate(62 / 65, 0.89, 0.99)
    evaluation["test"]["specificity"] = estimate(None, None, None)
    assert lead_sentence(evaluation) == (
        "On 164 test films of 130 patients, minivggnet found 62 of 65 pneumonia films "
        "(sensitivity 0.95, 95 % interval 0.89\N{EN DASH}0.99). It raised a false alarm on 12 "
        "of 99 normal films (specificity undefined)."
    )


def test_several_positive_classes_are_joined() -> None:
    evaluation = {"classes": ["COVID", "NORMAL", "VIRAL PNEUMONIA"], "negative_class": "NORMAL"}
    title = outcome_title("FN", evaluation)
    assert title == "Missed (false negatives): covid or viral pneumonia called normal"


def test_caption_of_a_layer_follows_from_its_name() -> None:
    assert "filter" in layer_caption("block2_conv1")
    assert layer_caption("block14_sepconv2").startswith("Each tile combines")
    assert "resolution" in layer_caption("block1_pool")
    assert layer_caption("mystery") == ""
