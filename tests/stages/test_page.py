import re
import shutil
from argparse import Namespace
from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.errors import TableError, TrainingError
from tasks.core.params import load_params
from tasks.page.__main__ import main
from tests.report_inputs import MODEL, write_state


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("state")
    write_state(root)
    return root


@pytest.fixture
def copy(state: Path, tmp_path: Path) -> Path:
    """The state, to be changed by a test."""
    return shutil.copytree(state, tmp_path / "state")


@pytest.fixture(scope="module")
def page(state: Path) -> str:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return make_page(state, monkeypatch)


def make_page(root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(root)
    main(Namespace(model=MODEL))
    return paths.page(MODEL).read_text(encoding="utf-8")


def section(page: str, name: str) -> str:
    return page.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def change(path: Path, **keys: object) -> None:
    write_json(path, read_json(path) | keys)


def test_page_is_self_contained_and_small(page: str, state: Path) -> None:
    assert len(page.encode()) < 15e6
    # an address in a comment of a script, such as a source, loads nothing
    assert re.search(r"""(?:src|href)="https?:|url\(["']?https?:|@import""", page) is None
    assert re.findall(r'src="(?!data:)', page) == []
    assert "default-src 'none'" in page
    assert str(state) not in page


def test_sections_are_in_order_with_weaknesses_first(page: str) -> None:
    ids = re.findall(r'<section id="([\w-]+)"', page)
    assert [name for name in ids if name in SECTIONS] == SECTIONS
    assert ids[0] == "weak"


SECTIONS = [
    "weak",
    "calls",
    "threshold",
    "finding",
    "operating-points",
    "prevalences",
    "classes",
    "patients",
    "baselines",
    "calibration",
    "abstention",
    "novelty",
    "subgroups",
    "controls",
    "robustness",
    "external",
    "adaptation",
    "comparison",
    "readings",
    "cases",
    "grades",
    "activations",
    "made",
    "words",
    "provenance",
]


def test_verdict_comes_before_everything(page: str) -> None:
    assert page.index('<p class="lead">On 164 test films of') < page.index('<section id="weak"')
    assert "not a medical device" in page[: page.index('<section id="weak"')]


def test_matrix_leads_to_the_films_of_each_outcome(page: str) -> None:
    calls = section(page, "calls")
    assert re.findall(r'href="#cases" data-outcome="(\w\w)"', calls) == ["TP", "FN", "FP", "TN"]
    assert 'aria-label="Label pneumonia, called normal: 3 films. Show them."' in calls


def test_baselines_are_differences_with_intervals(page: str) -> None:
    baselines = section(page, "baselines")
    assert baselines.count('<th scope="row">') == 3
    assert "0.23" in baselines
    assert "0.17\N{EN DASH}&NoBreak;0.29" in baselines  # 0.23 less and more 0.06


def test_chosen_operating_point_is_marked_with_the_hash_of_the_contract(page: str) -> None:
    points = section(page, "operating-points")
    of_rules, _, of_conditions = points.partition("The chosen threshold under other conditions")
    assert (of_rules.count("<tr>") - 1, of_conditions.count("<tr>") - 1) == (4, 3)
    assert "asked 0.97, found between 0.93 and 0.99 over these conditions" in of_rules
    assert re.search(r'<tr class="chosen"><th scope="row">target sensitivity \(chosen\)', points)
    assert "SHA-256 of the contract: " + "c0ffee" * 10 in points


def test_home_stands_beside_each_cohort_and_the_gap_is_said(page: str) -> None:
    external = section(page, "external")
    names = re.findall(r'<th scope="row">(home test|covid-mini|no-labels)</th>', external)
    assert names[:3] == ["home test", "covid-mini", "no-labels"]
    assert "no-labels: No film of the cohort has a label." in external
    assert "not computable" in external
    assert "<td>left out</td>" in external


def test_nothing_asked_for_is_said(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(copy / paths.external_evaluation(MODEL), cohorts=[])
    change(copy / paths.adaptation(MODEL), cohorts=[], note="evaluate.adapt.layers is none")
    change(copy / paths.COMPARISON, pairs=[])
    page = make_page(copy, monkeypatch)
    assert "No external cohort was asked for" in section(page, "external")
    assert "Other hospitals: not known" in section(page, "weak")
    assert "evaluate.adapt.layers is none" in section(page, "adaptation")
    assert "no other network" in section(page, "comparison")


def test_page_shows_what_augmentation_does_and_names_the_preset(page: str) -> None:
    made = page[page.index('<section id="made"') :]
    assert 'width="256" height="256" alt="Unchanged training films' in made
    assert "Preset of this run: radiograph." in made
    assert "<code>augment.preset</code></dt><dd>radiograph</dd>" in made
    settings = section(page, "made")
    assert "augment.zoom" not in settings  # null: the value of the preset


def test_page_says_whether_the_films_are_synthetic(
    page: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Synthetic films." in page
    change(copy / paths.evaluation(MODEL), is_synthetic=False)
    assert "Synthetic" not in make_page(copy, monkeypatch)


def test_settings_and_neighbours_are_those_of_the_model(
    page: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = yaml.safe_load((copy / "params.yaml").read_text(encoding="utf-8"))
    params["models"] = ["ann", MODEL, "twin5"]
    params["per_model"] = {"ann": {}, "twin5": {}, MODEL: {"learning_rate": 0.0123}}
    (copy / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    changed = make_page(copy, monkeypatch)
    assert "0.0123" in changed
    assert "0.0123" not in page
    assert '<a href="ann.html" rel="prev">' in changed
    assert '<a href="twin5.html" rel="next">' in changed
    assert 'rel="prev"' not in page


def test_settings_of_another_training_are_refused(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = load_params(copy / paths.PARAMS).train_of(MODEL).model_dump(mode="json")
    change(copy / paths.contract_file(paths.model_dir(MODEL)), settings=used)
    provenance = section(make_page(copy, monkeypatch), "provenance")
    assert "<dt><code>train.learning_rate</code></dt><dd>0.001</dd>" in provenance
    changed = used | {"learning_rate": 0.002}
    change(copy / paths.contract_file(paths.model_dir(MODEL)), settings=changed)
    paths.page(MODEL).unlink()
    with pytest.raises(TrainingError, match=r"train\.learning_rate 0\.001, trained with 0\.002"):
        make_page(copy, monkeypatch)
    assert not paths.page(MODEL).exists()


def test_page_says_that_the_model_is_the_mean_of_several_networks_and_views(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(copy / paths.contract_file(paths.model_dir(MODEL)), n_seeds=3, n_views=6)
    averaged = make_page(copy, monkeypatch)
    assert "mean of the logits of 6 views of each film" in averaged
    assert "The network averages 6 views of each film" in averaged
    assert "<dt>Seeds</dt><dd>0 to 2 (mean of 3 networks)</dd>" in averaged


def test_names_are_escaped(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = copy / paths.external_evaluation(MODEL)
    cohorts = read_json(path)["cohorts"]
    cohorts[1]["gap"] = "<b>none</b><script>x</script>"
    change(path, cohorts=cohorts)
    page = make_page(copy, monkeypatch)
    assert "&lt;b&gt;none&lt;/b&gt;&lt;script&gt;x" in page
    assert re.search(r"<b>none|<script>x", page) is None


def test_two_runs_write_the_same_bytes(
    page: str, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = (state / paths.summary(MODEL)).read_bytes()
    write_state(tmp_path)
    assert make_page(tmp_path, monkeypatch) == page
    assert (tmp_path / paths.summary(MODEL)).read_bytes() == summary


def test_summary_holds_all_that_the_report_reads(page: str, state: Path) -> None:
    summary = read_json(state / paths.summary(MODEL))
    assert summary["page"] == "minivggnet.html"
    assert summary["verdict"] in page.replace("&nbsp;", " ").replace("&NoBreak;", "")
    assert summary["evaluation"] == read_json(state / paths.evaluation(MODEL))
    assert summary["description"]["n_parameters"] == 8_459_458
    rules = {one["rule"]: one for one in summary["weaknesses"]}
    assert rules["target_sensitivity"]["is_weak"]  # 62 of 65; the target is 0.97
    assert not rules["collapsed"]["is_weak"]
    films = summary["test_films"]
    assert {len(column) for column in films.values()} == {164}
    assert films["image_id"] == sorted(films["image_id"])
    assert (films["outcome"].count("FN"), films["outcome"].count("FP")) == (3, 12)
    assert summary["roc"]["test"][0] == [0, 0]
    assert summary["roc"]["test"][-1] == [1, 1]
    assert len(summary["history"]["train/loss"]) == 15


def test_evaluation_of_another_run_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = copy / paths.evaluation(MODEL)
    evaluation = read_json(path)
    evaluation["test"]["confusion"] |= {"tp": 61, "fn": 4}
    write_json(path, evaluation)
    with pytest.raises(TableError, match=r"TP \(62, 61\)"):
        make_page(copy, monkeypatch)


def test_page_is_written_without_training_history_and_with_undefined_metrics(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tsv in (copy / paths.training_history(MODEL)).rglob("*.tsv"):
        tsv.unlink()
    path = copy / paths.evaluation(MODEL)
    path.write_text(
        re.sub(r'"(low|high)": -?[\d.]+(e-?\d+)?', r'"\1": null', path.read_text(encoding="utf-8"))
    )
    explanations = copy / paths.explanations_json(MODEL)
    write_json(explanations, read_json(explanations) | {"missing_outcomes": ["FN"]})

    page = make_page(copy, monkeypatch)

    assert "No training curves were recorded" in page
    assert "1 outcome without an example" in page
