import re
from argparse import Namespace
from pathlib import Path

import pandas as pd
import pytest

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.errors import TableError
from tasks.core.tables import EXCLUDED_SCHEMA, MANIFEST_SCHEMA, write_table
from tasks.page.model_page import summarise_model
from tasks.page.page_inputs import load_page_inputs
from tasks.report.__main__ import main
from tests.report_inputs import write_state

MODELS = ("minivggnet", "logistic")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_state(tmp_path, MODELS, is_synthetic=False)
    monkeypatch.chdir(tmp_path)
    for model in MODELS:
        write_json(paths.summary(model), summarise_model(load_page_inputs(model)))
    return tmp_path


def make_index() -> str:
    main(Namespace())
    return paths.INDEX.read_text(encoding="utf-8")


@pytest.mark.usefixtures("state")
def test_index_compares_models_and_follows_films() -> None:
    index = make_index()
    assert re.findall(r'<section id="([\w-]+)"', index) == [
        "weak",
        "models",
        "films",
        "seen",
        "gate",
        "limits",
        "words",
    ]
    steps = dict(
        re.findall(
            r'<tr class="\w+"><th scope="row">([^<]+)</th><td class="n">\u2212?(\d+)</td>', index
        )
    )
    assert {name: int(n) for name, n in steps.items()} == {
        "Found in the source": 821,
        "rejected: unreadable": 2,
        "rejected: too small": 1,
        "Usable": 818,
        "excluded: duplicate": 3,
        "excluded: leak": 1,
        "In the cohort": 814,
        "training": 550,
        "validation": 100,
        "test": 164,
    }


def test_links_lead_to_pages_beside_the_index(state: Path) -> None:
    index = make_index()
    links = {link for link in re.findall(r'href="([^"#]+)"', index) if link != "data:,"}
    pages = {f"{model}.html" for model in MODELS} | {f"{m}/evaluation.html" for m in MODELS}
    assert links == pages | {"validation.html", "labels.html"}
    assert re.search(r"https?://|<script|@import", index) is None
    assert str(state) not in index


@pytest.mark.usefixtures("state")
def test_each_baseline_is_one_row() -> None:
    assert make_index().count("trivial baseline</span>") == 3


def test_models_are_ranked_on_validation_with_the_difference_to_the_first(state: Path) -> None:
    index = make_index()
    ranking = index[index.index("Ranking on validation") : index.index('<section id="films"')]
    assert ranking.count("<td>first</td>") == 1
    assert re.findall(r'href="(\w+)\.html"', ranking) == list(MODELS)  # equal: order of params.yaml

    params = state / "params.yaml"
    params.write_text(params.read_text("utf-8").replace("- logistic\n", "", 1), "utf-8")
    assert "Ranking on validation" not in make_index()


@pytest.mark.usefixtures("state")
def test_failed_expectations_are_listed() -> None:
    index = make_index()
    assert "1 of 3 expectations" in index
    assert "No film is far wider than high" in index
    assert "chest_xray/test/NORMAL/person0001_normal.jpeg" in index
    assert "File size alone tells the class" in index
    assert "Few files are rejected" not in index


@pytest.mark.usefixtures("state")
def test_two_runs_write_the_same_bytes() -> None:
    assert make_index() == make_index()


@pytest.mark.parametrize(
    ("is_synthetic", "text"), [(False, "children of one to five"), (True, "films are synthetic")]
)
def test_limits_name_the_source(state: Path, is_synthetic: bool, text: str) -> None:
    manifest = pd.read_parquet(state / paths.MANIFEST).assign(is_synthetic=is_synthetic)
    write_table(manifest, MANIFEST_SCHEMA, state / paths.MANIFEST)
    index = make_index()
    assert text in index
    assert ("Synthetic films." in index) == is_synthetic


def test_left_overs_of_a_removed_model_do_not_change_the_report(state: Path) -> None:
    with_both = make_index()
    (state / paths.summary("removed")).write_text("{}", encoding="utf-8")
    (state / paths.predictions("removed")).write_bytes(b"")

    assert make_index() == with_both
    assert not (state / paths.summary("removed")).exists()


@pytest.mark.usefixtures("state")
def test_lost_film_stops_the_report() -> None:
    excluded = pd.read_parquet(paths.EXCLUDED)
    write_table(excluded.iloc[1:], EXCLUDED_SCHEMA, paths.EXCLUDED)
    with pytest.raises(TableError, match="1 lost, 0 not in the manifest"):
        make_index()


@pytest.mark.usefixtures("state")
def test_summary_of_another_cohort_stops_the_report() -> None:
    summary = read_json(paths.summary("logistic"))
    summary["evaluation"]["test"]["n_images"] += 1
    write_json(paths.summary("logistic"), summary)
    with pytest.raises(TableError, match="test films of logistic"):
        make_index()


@pytest.mark.usefixtures("state")
def test_network_input_shows_a_picture_and_one_auroc_of_sharpness() -> None:
    section = section_seen()
    assert section.count("data:image/jpeg;base64,") == 1
    assert "PNEUMONIA against NORMAL" in section
    assert "0.81" in section
    assert "NORMAL is sharper" in section
    assert "AUROC after" not in section
    assert "Region not found" not in section


@pytest.mark.usefixtures("state")
def test_regions_lungs_and_sharpness_after_are_shown_if_measured() -> None:
    facts = {"median_confidence": 0.934, "median_share": 0.543}
    resized = read_json(paths.RESIZE_JSON)
    for row, n_not_found in zip(resized["regions"], (10, 100), strict=True):
        row.update(facts, n_not_found=n_not_found)
    resized["params"] |= {"region": "lungs", "common_resolution_px": 48}
    resized["sharpness"][0]["after"] = {
        "value": 0.547,
        "low": 0.498,
        "high": 0.595,
        "sharper": "PNEUMONIA",
    }
    lungs = {"n_films": 814, "mean_iou": 0.876, "share_above": 0.925, "iou_above": 0.7}
    write_json(paths.RESIZE_JSON, resized | {"lungs": lungs})
    section = section_seen()
    # 10 of 500 normal films and 100 of 314 pneumonia films are shown whole: 2.0 % and 31.8 %
    assert '<td class="n">100<span class="sub">32&nbsp;%</span>' in section
    assert '<td class="n">10<span class="sub">2&nbsp;%</span>' in section
    assert "The region depends on the label." in section
    assert "around the true lungs is 0.88" in section
    assert "AUROC after" in section
    assert "0.55" in section


@pytest.mark.usefixtures("state")
def test_images_of_another_cohort_stop_the_report() -> None:
    resized = read_json(paths.RESIZE_JSON)
    resized["regions"][0]["n_films"] += 1
    write_json(paths.RESIZE_JSON, resized)
    with pytest.raises(TableError, match="every film of the cohort must become one image"):
        make_index()


def section_seen() -> str:
    return make_index().partition('<section id="seen">')[2].partition("</section>")[0]
