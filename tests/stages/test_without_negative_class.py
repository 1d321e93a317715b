"""Page and report of a model of three classes, none of which means that there is no finding."""

import re
from argparse import Namespace
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.errors import TableError
from tasks.page.__main__ import main as make_page
from tasks.page.evaluation.__main__ import main as make_evaluation_page
from tasks.report.__main__ import main as make_index
from tasks.report.headline import headline
from tests.evaluation_results import write_evaluation_state
from tests.report_inputs import MODEL, write_state
from tests.report_tables import cohort_films
from tests.three_classes import without_negative_class


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("classes")
    write_state(root)
    without_negative_class(root)
    evaluation = read_json(root / paths.evaluation(MODEL))
    write_evaluation_state(root, MODEL, evaluation, cohort_films())
    write_json(
        root / paths.evaluation(MODEL),
        evaluation | {"calibration": {"method": "none", "fitted_on": "validation"}},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        make_page(Namespace(model=MODEL))
        make_evaluation_page(Namespace(model=MODEL))
        make_index(Namespace())
    found = {
        "model": paths.page(MODEL),
        "evaluation": paths.evaluation_page(MODEL),
        "index": paths.INDEX,
    }
    return {name: (root / path).read_text("utf-8") for name, path in found.items()} | {
        "root": str(root)
    }


def test_model_page_shows_the_matrix_of_all_classes_and_nothing_of_two_sides(
    pages: dict[str, str],
) -> None:
    page = pages["model"]
    ids = re.findall(r'<section id="([\w-]+)"', page)
    assert ids == ["weak", "classes", "plots", "subgroups", "explanations", "errors", "made"]
    matrix = page[page.index('<table class="confusion">') :].partition("</table>")[0]
    assert matrix.count("<td style=") == 9
    for words in ("sensitivity", "false alarm", "threshold"):
        assert words not in page.partition('<section id="made"')[0].lower()


def test_lead_counts_right_classes_and_gives_the_means(pages: dict[str, str]) -> None:
    for name in ("model", "evaluation", "index"):
        assert "named the class of 140 (accuracy 0.91, 95&nbsp;% interval" in pages[name], name
        assert "No class means “no finding”" in pages[name]


def test_explained_films_are_right_or_wrong(pages: dict[str, str]) -> None:
    page = pages["model"]
    assert page.index("<h3>Called another class</h3>") < page.index("<h3>Called its own class</h3>")
    assert re.search(r"Called (COVID|NORMAL|VIRAL PNEUMONIA), probability 0\.\d\d\.", page)


def test_errors_name_the_called_class_and_the_most_confident_is_first(
    pages: dict[str, str],
) -> None:
    errors = pages["model"].partition('<section id="errors"')[2]
    probabilities = re.findall(r'<td class="n">(0\.\d{3})</td>', errors)
    assert "Called another class (24)" in errors
    assert len(probabilities) == 24
    assert probabilities == sorted(probabilities, reverse=True)


def test_index_compares_means_of_the_classes(pages: dict[str, str]) -> None:
    head = re.search(r"<th scope=\"col\">Model</th>.*?</tr>", pages["index"])
    assert head is not None
    titles = re.findall(r">([^<>]+)</th>", head[0])
    assert titles == [
        "Model",
        "AUROC",
        "0.5 to 1",
        "Precision",
        "Recall",
        "F1",
        "Accuracy",
        "Parameters",
    ]


def test_evaluation_page_says_why_it_has_no_two_sided_view(pages: dict[str, str]) -> None:
    page = pages["evaluation"]
    section = page.partition('<section id="finding"')[2].partition("</section>")[0]
    assert "evaluate.negative_class is null" in section
    assert "<table" not in section


def test_headline_prints_means(pages: dict[str, str]) -> None:
    lines = headline(read_json(Path(pages["root"]) / paths.evaluation(MODEL)))
    assert [line.split("  ")[1] for line in lines[1:]] == ["accuracy", "mean auroc", "mean f1"]


def test_calls_of_another_run_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_state(tmp_path)
    without_negative_class(tmp_path)
    evaluation = read_json(tmp_path / paths.evaluation(MODEL))
    evaluation["classes_view"]["test"]["matrix"][0][0] += 1
    write_json(tmp_path / paths.evaluation(MODEL), evaluation)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TableError, match="must count the same films"):
        make_page(Namespace(model=MODEL))
