import numpy as np

from tasks.explain.attribution.class_scores import class_scores, questioned_classes

LOGITS = np.array([[1.0, 4.0, 2.0, 3.0]], dtype=np.float32)


def asked(called: int, label: int, logits=LOGITS):
    return questioned_classes(logits, np.array([called]), np.array([label])).tolist()


def test_scores_are_free_of_a_number_added_to_all_logits():
    np.testing.assert_allclose(class_scores(LOGITS + 7), class_scores(LOGITS), atol=1e-5)


def test_score_is_the_logit_less_the_mean_of_the_others():
    np.testing.assert_allclose(class_scores(LOGITS)[0], [1 - 3, 4 - 2, 2 - 8 / 3, 3 - 7 / 3],
                               rtol=1e-5)  # fmt: skip


def test_called_class_comes_first_then_the_true_one_then_the_next_best():
    assert asked(called=2, label=0) == [[2, 0, 1]]


def test_right_call_is_followed_by_the_two_next_best():
    assert asked(called=1, label=1) == [[1, 3, 2]]


def test_two_classes_are_both_in_question():
    assert asked(0, 1, LOGITS[:, :2]) == [[0, 1]]
    assert asked(0, 0, LOGITS[:, :2]) == [[0, 1]]
