import re
import shutil
from argparse import Namespace
from pathlib import Path

import pandas as pd
import pytest

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.errors import TableError
from tasks.core.tables import EXCLUDED_SCHEMA, MANIFEST_SCHEMA, SAMPLES_SCHEMA, write_table
from tasks.report.__main__ import main
from tests.index_state import write_index_state
from tests.report_inputs import MODEL

MODELS = ("minivggnet", "logistic")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        write_index_state(root, MODELS, is_synthetic=False)
    return root


@pytest.fixture
def state(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "state"
    shutil.copytree(written, root)
    monkeypatch.chdir(root)
    return root


def make_index() -> str:
    main(Namespace())
    return paths.INDEX.read_text(encoding="utf-8")


@pytest.mark.usefixtures("state")
def test_index_compares_models_and_follows_films() -> None:
    index = make_index()
    assert re.findall(r'<section id="([\w-]+)"', index) == [
        "networks",
        "weak",
        "curves",
        "pairs",
        "difficult",
        "films",
        "corrections",
        "seen",
        "gate",
        "limits",
        "words",
        "downloads",
        "provenance",
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
    links = {link for link in re.findall(r'href="([^"#]+)[#"]', index) if link != "data:,"}
    pages = {f"{model}.html" for model in MODELS}
    assert pages | {"index.html", "validation.html", "labels.html"} <= links
    files = {f"{model}/evaluation.json" for model in MODELS} | {"baselines.json", "comparison.json"}
    assert files | {"compliance/index.html", "test_ledger.csv"} <= links
    assert re.search(r'(?:src|href)="(?:https?:)?//|@import', index) is None
    assert str(state) not in index


@pytest.mark.usefixtures("state")
def test_a_script_runs_only_by_its_hash_and_the_page_is_small() -> None:
    index = make_index()
    assert "default-src 'none'" in index
    assert "script-src 'sha256-" in index
    assert len(index.encode()) < 15_000_000


@pytest.mark.usefixtures("state")
def test_first_sentence_names_the_network_that_validation_chose() -> None:
    lead = re.search(r'<p class="lead">(.*?)</p>', make_index(), re.DOTALL)
    assert lead is not None
    assert "Of 2 networks that tell PNEUMONIA (positive) from NORMAL, minivggnet has" in lead[1]
    assert "0.30 above the strongest trivial baseline, “brightness and contrast”" in lead[1]


def test_collapsed_network_is_named_at_the_top(state: Path) -> None:
    summary = read_json(state / paths.summary("logistic"))
    for check in summary["weaknesses"]:
        if check["rule"] == "collapsed":
            check |= {"is_weak": True, "title": "Calls every film positive"}
    write_json(state / paths.summary("logistic"), summary)
    header = make_index().partition("</header>")[0]
    assert '<a href="logistic.html">logistic</a>: Calls every film positive.' in header


@pytest.mark.usefixtures("state")
def test_every_rule_is_a_row_with_a_cell_for_each_network() -> None:
    index = make_index()
    checks = read_json(paths.summary(MODEL))["weaknesses"]
    assert index.count('href="minivggnet.html#weak"') == len(checks)
    assert "Decides without the lungs" in index
    assert "rules that found no weakness" in index


def test_films_that_all_miss_and_films_that_divide_are_shown(state: Path) -> None:
    section = make_index().partition('<section id="difficult">')[2].partition("</section>")[0]
    # 3 FN and 12 FP of every network; 2 films that one network only misses
    assert "every network gets wrong: 15" in section
    assert "networks disagree: 2" in section
    films = read_json(state / paths.summary(MODEL))["test_films"]["image_id"]
    linked = re.findall(r'href="logistic.html#film=(\w+)"', section)
    assert (len(linked), set(linked) <= set(films)) == (14, True)


@pytest.mark.usefixtures("state")
def test_each_baseline_is_one_row() -> None:
    assert make_index().count("trivial baseline</span>") == 3


def test_models_are_ranked_on_validation_with_the_difference_to_the_first(state: Path) -> None:
    index = make_index()
    ranking = index[index.index("<h3>Order on validation") : index.index('<section id="weak"')]
    assert ranking.count("<td>first</td>") == 1
    assert re.findall(r'href="(\w+)\.html"', ranking) == list(MODELS)

    text = (state / "params.yaml").read_text("utf-8").replace("- logistic\n", "", 1)
    (state / "params.yaml").write_text(text, "utf-8")
    assert "Order on validation" not in make_index()


@pytest.mark.usefixtures("state")
def test_failed_expectations_are_listed() -> None:
    index = make_index()
    assert "1 of 3 expectations" in index
    assert "Data gate: the films may go on, 2 warnings" in index
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


@pytest.mark.usefixtures("state")
def test_unknown_patients_are_not_counted() -> None:
    samples = pd.read_parquet(paths.SAMPLES)
    samples["patient_id"] = "film:" + samples["image_id"].str[:16]
    write_table(samples, SAMPLES_SCHEMA, paths.SAMPLES)
    index = make_index()
    assert "164 test films (patients unknown; each film counted as one)" in index
    assert "Patients are unknown: films of one patient may be in two splits." in index
