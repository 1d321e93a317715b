from tasks.page.sections.baseline_section import baseline_section
from tasks.page.sections.trial_section import trial_section
from tests.evaluation_cases import inputs_of
from tests.more_results import LABELS, comparison
from tests.report_inputs import MODEL
from tests.report_tables import estimate


def test_each_baseline_stands_with_its_difference_to_the_network() -> None:
    (table,) = baseline_section(inputs_of()).tables
    assert [row[0] for row in table.rows] == [
        "always positive",
        "file facts (width, height, bytes)",
        "brightness and contrast",
    ]
    difference = table.rows[2][2]
    assert isinstance(difference, dict)
    assert difference["value"] == 0.23


def test_baseline_that_was_not_compared_has_no_difference() -> None:
    rows = [row for row in comparison(MODEL)["baselines"] if row["baseline"] != "always positive"]
    found = baseline_section(inputs_of(comparison=comparison(MODEL) | {"baselines": rows}))
    assert found.tables[0].rows[0][2] == estimate(None, None, None)


def test_difference_of_another_network_is_not_taken() -> None:
    rows = [row | {"model": "other"} for row in comparison(MODEL)["baselines"]]
    found = baseline_section(inputs_of(comparison=comparison(MODEL) | {"baselines": rows}))
    assert {str(row[2]) for row in found.tables[0].rows} == {str(estimate(None, None, None))}


def test_readings_of_the_test_films_are_counted() -> None:
    section = trial_section(inputs_of())
    assert (
        "counts 3 different readings of the test films with this network, 4 with all"
        in section.sentences[0]
    )
    assert section.tables[0].rows == [[MODEL, 3], ["other", 1]]
    assert "12 of 814 labels" in section.sentences[1]


def test_labels_that_were_not_audited_are_said() -> None:
    section = trial_section(inputs_of(labels=LABELS | {"gap": "too few patients"}, n_readings={}))
    assert section.sentences[1] == "The labels were not audited: too few patients."
    assert "counts 0 different readings" in section.sentences[0]
