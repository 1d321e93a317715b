from tasks.page.sections.changed_film_sections import robustness_section
from tasks.page.sections.trust_sections import abstention_section, calibration_section
from tests.evaluation_cases import evaluation_json, inputs_of
from tests.more_results import around, robustness
from tests.report_tables import estimate


def test_change_of_the_auroc_has_a_sign_and_equal_digits() -> None:
    found = robustness()
    found["grid"] = found["grid"][:3]
    for cell, loss in zip(found["grid"], (0.0124, -0.0002, 0.00003), strict=True):
        cell["auroc"], cell["loss"] = around(0.9), estimate(loss, loss, loss)
    table = robustness_section(inputs_of(robustness=found)).tables[0]
    minus = "\N{MINUS SIGN}"
    assert list(table.rows[0][1:]) == [f"0.90 ({minus}0.012)", "0.90 (0.000)", "0.90 (0.000)"]


def test_set_of_one_class_is_singular_and_chance_stands_beside_the_coverage() -> None:
    evaluation = evaluation_json()
    found = evaluation["abstention"]
    found["set_sizes"] = {"0": 2, "1": 7}
    found["per_class"][0]["expected"] = {"low": 0.8, "high": 0.95}
    tables = abstention_section(inputs_of(evaluation)).tables
    assert tables[0].rows[0][3] == "0.80\N{EN DASH}0.95"
    assert [row[0] for row in tables[1].rows] == ["0 classes", "1 class"]


def test_calibration_that_harms_is_said_to_harm() -> None:
    evaluation = evaluation_json()
    numbers = evaluation["calibration"]
    numbers |= {"before": {"ece": around(0.09)}, "after": {"ece": around(0.2)}}
    harmed = calibration_section(inputs_of(evaluation)).sentences[1]
    numbers["after"]["ece"] = around(0.1)
    assert harmed.endswith("it harmed there.")
    assert "not shown to change" in calibration_section(inputs_of(evaluation)).sentences[1]


def test_reliability_diagram_names_its_event() -> None:
    evaluation = evaluation_json()
    for event, words in (("finding", "have a finding"), ("called class is true", "called right")):
        evaluation["calibration"]["event"] = event
        (plot,) = calibration_section(inputs_of(evaluation)).plots
        assert words in plot.caption


def test_temperature_at_the_edge_is_said_and_the_raw_scores_are_shown() -> None:
    evaluation = evaluation_json()
    assert len(calibration_section(inputs_of(evaluation)).plots) == 1
    evaluation["calibration"] |= {"temperature": 20.08, "is_at_edge": True}
    section = calibration_section(inputs_of(evaluation))
    assert "edge of its search (0.05 to 20.09)" in section.sentences[-1]
    assert [plot.title for plot in section.plots] == ["Reliability diagram.", "Raw scores."]


def test_temperature_is_said_in_words() -> None:
    evaluation = evaluation_json()
    flattened = calibration_section(inputs_of(evaluation)).sentences[-1]
    assert flattened.startswith(
        "Temperature 1.31: the network was too sure; its probabilities were"
    )
    evaluation["calibration"]["temperature"] = 0.5
    assert "not sure enough" in calibration_section(inputs_of(evaluation)).sentences[-1]
