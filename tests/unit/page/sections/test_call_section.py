from tasks.page.sections.call_section import call_section
from tasks.page.sections.home_sections import finding_section
from tests.evaluation_cases import evaluation_json, inputs_of
from tests.more_results import around, class_view
from tests.report_tables import estimate


def three_classes() -> dict[str, object]:
    """An evaluation of three classes, of which NORMAL is negative."""
    evaluation = evaluation_json() | {"classes": ["COVID", "NORMAL", "VIRAL"]}
    view = class_view(["COVID", "NORMAL", "VIRAL"], [[8, 1, 1], [0, 20, 0], [3, 2, 5]])
    view["shares"][0][1] = estimate(0.1, 0.02, 0.3)
    evaluation["classes_view"] = {"test": view, "validation": view}
    return evaluation


def test_two_sides_have_the_matrix_of_the_operating_point() -> None:
    section = call_section(inputs_of())
    matrix = section.matrix
    assert matrix is not None
    assert matrix.labels == ("pneumonia", "normal")
    assert [[cell.n_films for cell in row] for row in matrix.rows] == [[62, 3], [12, 87]]
    assert matrix.rows[1][0].keys == {"outcome": "FP"}
    assert matrix.n_films == (65, 99)
    assert "0.410 or more is called positive" in section.sentences[0]


def test_share_of_the_missed_is_the_rest_of_the_sensitivity() -> None:
    evaluation = evaluation_json()
    evaluation["test"]["sensitivity"] = around(0.9, 0.04)
    matrix = call_section(inputs_of(evaluation)).matrix
    assert matrix is not None
    missed = {name: round(number or 0, 2) for name, number in matrix.rows[0][1].share.items()}
    assert missed == {"value": 0.1, "low": 0.06, "high": 0.14}
    evaluation["test"]["sensitivity"] = estimate(None, None, None)
    matrix = call_section(inputs_of(evaluation)).matrix
    assert matrix is not None
    assert matrix.rows[0][1].share == estimate(None, None, None)


def test_more_classes_have_a_cell_for_each_truth_and_call() -> None:
    section = call_section(inputs_of(three_classes()))
    matrix = section.matrix
    assert matrix is not None
    assert [[cell.n_films for cell in row] for row in matrix.rows] == [
        [8, 1, 1],
        [0, 20, 0],
        [3, 2, 5],
    ]
    assert matrix.rows[0][1].keys == {"truth": "COVID", "called": "NORMAL"}
    assert matrix.rows[0][1].share == estimate(0.1, 0.02, 0.3)
    assert matrix.n_films == [10, 20, 10]


def test_two_sides_of_more_classes_stand_with_the_operating_point() -> None:
    matrix = finding_section(inputs_of(three_classes())).matrix
    assert matrix is not None
    assert matrix.labels == ("covid or viral", "normal")
    assert finding_section(inputs_of()).matrix is None  # the section of the calls has it
