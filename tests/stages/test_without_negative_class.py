"""Page and report of a model of three classes, none of which means that there is no finding."""

import re
from argparse import Namespace
from pathlib import Path

import pandas as pd
import pytest

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.errors import TableError
from tasks.page.__main__ import main as make_page
from tasks.report.__main__ import main as make_index
from tasks.report.headline import headline
from tests.report_inputs import MODEL, write_state
from tests.three_classes import evaluation_of_classes, without_negative_class


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("classes")
    write_state(root)
    without_negative_class(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        make_page(Namespace(model=MODEL))
        make_index(Namespace())
    found = {
        "model": paths.page(MODEL),
        "index": paths.INDEX,
    }
    return {name: (root / path).read_text("utf-8") for name, path in found.items()} | {
        "root": str(root)
    }


def test_model_page_shows_the_matrix_of_all_classes_and_says_why_there_are_no_sides(
    pages: dict[str, str],
) -> None:
    page = pages["model"]
    matrix = section(page, "calls")
    assert matrix.count("<td style=") == 9
    cell = '<a href="#cases" data-truth="COVID" data-called="VIRAL PNEUMONIA"'
    assert cell in matrix
    assert "evaluate.negative_class is null" in section(page, "finding")
    assert "<table" not in section(page, "finding")
    for name in ("operating-points", "prevalences", "patients"):
        assert not section(page, name)
    assert "<dt>Positive, negative</dt>" not in page


def section(page: str, name: str) -> str:
    return page.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def test_lead_counts_right_classes_and_gives_the_means(pages: dict[str, str]) -> None:
    for name in ("model", "index"):
        assert "named the class of 140 (accuracy 0.91, 95&nbsp;% interval" in pages[name], name
        assert "No class means “no finding”" in pages[name]


def test_index_compares_means_of_the_classes(pages: dict[str, str]) -> None:
    networks = section(pages["index"], "networks")
    titles = re.findall(r"<th[^>]* data-sort>([^<>]+)</th>", networks)
    means = ["Mean AUROC", "Lead", "Mean precision", "Mean F1", "Accuracy"]
    recalls = ["Recall, COVID", "Recall, NORMAL", "Recall, VIRAL PNEUMONIA"]
    assert titles == ["Network", *means, *recalls, "Parameters"]
    assert "Finding or not" not in networks


def test_network_that_calls_every_film_one_class_says_so_in_its_first_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_state(tmp_path)
    without_negative_class(tmp_path)
    collapse(tmp_path)
    monkeypatch.chdir(tmp_path)
    make_page(Namespace(model=MODEL))
    page = paths.page(MODEL).read_text("utf-8")
    lead = page.partition('<p class="lead">')[2]
    assert lead.startswith("Calls every film VIRAL PNEUMONIA. On 164 test films of ")
    assert section(page, "weak").index("Calls every film VIRAL PNEUMONIA") < 300
    summary = read_json(paths.summary(MODEL))
    assert summary["weaknesses"][0]["rule"] == "collapsed"
    assert summary["verdict"].startswith("Calls every film VIRAL PNEUMONIA.")


def collapse(root: Path) -> None:
    """Let the model call every film VIRAL PNEUMONIA."""
    predictions = pd.read_parquet(root / paths.predictions(MODEL))
    predictions = predictions.assign(called_class="VIRAL PNEUMONIA")
    predictions.to_parquet(root / paths.predictions(MODEL), index=False)
    evaluation = read_json(root / paths.evaluation(MODEL)) | evaluation_of_classes(predictions)
    write_json(root / paths.evaluation(MODEL), evaluation)


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
