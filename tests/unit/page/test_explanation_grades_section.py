import pytest

from tasks.page.explanation_grades_section import explanation_grades
from tests.more_results import around, grades, method

TITLES = {"methods": [{"name": "grad_cam", "title": "Grad-CAM"}, {"name": "lime", "title": "LIME"}]}


@pytest.fixture
def with_truth():
    truth = {"pointing_game": around(0.7), "chance": 0.1, "iou": around(0.2), "iou_chance": 0.05}
    truth["n_films"] = 12
    found = grades()
    for one in found["methods"]:
        one["truth"] = truth
        one["random_network"] = truth | {"pointing_game": around(0.1)}
    return found


def test_the_title_is_the_result(with_truth):
    assert (
        explanation_grades(grades(), TITLES)["title"]
        == "Grad-CAM ranks first of the explanation methods"
    )
    title = explanation_grades(with_truth, TITLES)["title"]
    result, ends = "Grad-CAM points at an opacity most often: 0.70", "0.66\N{EN DASH}0.74"
    assert title == f"{result} ({ends}), by chance 0.10"
    failed = grades() | {"methods": [method("lime", rank=1, is_sane=False, share=0.3)]}
    title = explanation_grades(failed, TITLES)["title"]
    assert title == "No explanation method passes the sanity check"


def test_each_row_fills_the_columns_and_a_failed_check_is_marked(with_truth):
    for found in (grades(), with_truth):
        context = explanation_grades(found, TITLES)
        assert {len(row) for row in context["rows"]} == {len(context["head"])}
        assert [row[1] for row in context["rows"]] == ["passed", "FAILED"]
        assert {len(row) for row in context["truth_rows"]} <= {len(context["truth_head"])}
    assert len(context["truth_rows"]) == 2
    assert explanation_grades(grades(), TITLES)["truth_rows"] == []


def test_a_model_without_a_method_says_so():
    empty = grades() | {"methods": [], "agreement": {"methods": [], "matrix": []}}
    assert explanation_grades(empty, TITLES)["rows"] == []
