import re
from argparse import Namespace
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.errors import ImageStoreError
from tasks.page.evaluation.__main__ import MOST_BYTES_OF_EVALUATION, main
from tests.evaluation_results import write_evaluation_state
from tests.report_inputs import MODEL, write_state
from tests.report_tables import cohort_films


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("state")
    write_all(root)
    return root


def write_all(root: Path) -> None:
    write_state(root)
    write_evaluation_state(root, MODEL, read_json(root / paths.evaluation(MODEL)), cohort_films())


@pytest.fixture(scope="module")
def page(state: Path) -> str:
    with pytest.MonkeyPatch.context() as patch:
        return make_page(state, patch)


def make_page(root: Path, patch: pytest.MonkeyPatch) -> str:
    patch.chdir(root)
    main(Namespace(model=MODEL))
    return paths.evaluation_page(MODEL).read_text(encoding="utf-8")


def section(page: str, name: str) -> str:
    return page.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def change(path: Path, **keys: object) -> None:
    write_json(path, read_json(path) | keys)


def test_page_is_self_contained_and_small(page: str, state: Path) -> None:
    assert len(page.encode()) < MOST_BYTES_OF_EVALUATION
    assert re.search(r"https?://|<script|@import", page) is None
    assert re.findall(r'src="(?!data:)', page) == []
    assert "default-src 'none'" in page
    assert str(state) not in page


def test_plain_words_come_first_and_every_table_after_them(page: str) -> None:
    assert re.findall(r'<section id="([\w-]+)"', page) == [
        "verdict",
        "classes",
        "finding",
        "operating-points",
        "patients",
        "prevalences",
        "calibration",
        "abstention",
        "novelty",
        "subgroups",
        "controls",
        "robustness",
        "external",
        "adaptation",
        "comparison",
        "error-book",
        "readings",
    ]
    verdict = section(page, "verdict")
    assert verdict.index("What speaks against it") < verdict.index("What it is good for")
    assert "It is no medical device." in verdict
    assert page.count('<figure class="plot"') == 3


def test_chosen_operating_point_is_marked_with_the_hash_of_the_contract(page: str) -> None:
    points = section(page, "operating-points")
    assert points.count("<tr>") - 1 == 4
    assert re.search(r'<tr class="chosen"><th scope="row">target sensitivity \(chosen\)', points)
    assert "SHA-256 of the contract: " + "c0ffee" * 10 in points


def test_home_stands_beside_each_cohort_and_the_gap_is_said(page: str) -> None:
    external = section(page, "external")
    names = re.findall(r'<th scope="row">(home test|covid-mini|no-labels)</th>', external)
    assert names[:3] == ["home test", "covid-mini", "no-labels"]
    assert "no-labels: No film of the cohort has a label." in external
    assert "not computable" in external
    assert "<td>left out</td>" in external


def test_error_book_shows_each_wrong_film_with_its_nearest_training_films(page: str) -> None:
    book = section(page, "error-book")
    assert book.count('<article class="case">') == 15  # 3 missed films and 12 false alarms
    assert book.count("<img ") == 15 * 4
    assert book.index("missed") < book.index("false alarm")


def test_only_so_many_errors_are_shown_and_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all(tmp_path)
    errors = read_json(tmp_path / paths.error_book(MODEL))["errors"]
    change(tmp_path / paths.error_book(MODEL), errors=errors * 4)
    book = section(make_page(tmp_path, monkeypatch), "error-book")
    assert book.count('<article class="case">') == 48
    assert "Of 60 wrong calls, the first 48 are shown" in book


def test_film_without_a_square_stops_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all(tmp_path)
    errors = read_json(tmp_path / paths.error_book(MODEL))["errors"]
    change(tmp_path / paths.error_book(MODEL), errors=[errors[0] | {"image_id": "f" * 64}])
    with pytest.raises(ImageStoreError):
        make_page(tmp_path, monkeypatch)


def test_nothing_asked_for_and_nothing_wrong_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all(tmp_path)
    change(tmp_path / paths.error_book(MODEL), errors=[])
    change(tmp_path / paths.external_evaluation(MODEL), cohorts=[])
    change(tmp_path / paths.adaptation(MODEL), cohorts=[], note="evaluate.adapt.layers is none")
    change(tmp_path / paths.COMPARISON, pairs=[])
    page = make_page(tmp_path, monkeypatch)
    assert "No test film was called wrong" in section(page, "error-book")
    assert "No external cohort was asked for" in section(page, "external")
    assert "evaluate.adapt.layers is none" in section(page, "adaptation")
    assert "no other network" in section(page, "comparison")


def test_names_are_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_all(tmp_path)
    path = tmp_path / paths.evaluation(MODEL)
    path.write_text(path.read_text("utf-8").replace("PNEUMONIA", "<b>P</b>"), "utf-8")
    errors = read_json(tmp_path / paths.error_book(MODEL))["errors"]
    bad = errors[0] | {"path": 'a"><script>x</script>.png', "label": "<i>"}
    change(tmp_path / paths.error_book(MODEL), errors=[bad])
    page = make_page(tmp_path, monkeypatch)
    assert "&lt;b&gt;P&lt;/b&gt;" in page
    assert re.search(r"<b>|<i>|<script", page) is None


def test_two_runs_write_the_same_bytes(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all(tmp_path)
    assert make_page(tmp_path, monkeypatch) == page
