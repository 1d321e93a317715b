import json
import re
from argparse import Namespace
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.errors import TableError
from tasks.page.__main__ import MOST_BYTES, main
from tests.report_inputs import MODEL, write_state


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("state")
    write_state(root)
    return root


@pytest.fixture(scope="module")
def page(state: Path) -> str:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return make_page(state, monkeypatch)


def make_page(root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(root)
    main(Namespace(model=MODEL))
    return paths.page(MODEL).read_text(encoding="utf-8")


def test_page_is_self_contained_and_small(page: str, state: Path) -> None:
    assert len(page.encode()) < MOST_BYTES
    assert re.search(r"https?://|<script|@import", page) is None
    assert re.findall(r'src="(?!data:)', page) == []
    assert str(state) not in page


def test_sections_are_in_order_with_weaknesses_first(page: str) -> None:
    ids = re.findall(r'<section id="([\w-]+)"', page)
    assert ids == [
        "weak",
        "metrics",
        "classes",
        "operating-point",
        "plots",
        "subgroups",
        "explanations",
        "errors",
        "made",
    ]


def test_page_shows_every_picture_and_plot(page: str) -> None:
    # 8 films (input, Grad-CAM, 4 layers each), the filters, the contact sheet of augmentation
    assert page.count("<img ") == 8 * 6 + 2
    assert page.count('<figure class="plot"') == 5


def test_page_shows_what_augmentation_does_and_names_the_preset(page: str) -> None:
    made = page[page.index('<section id="made"') :]
    assert 'width="256" height="256" alt="Unchanged training films' in made
    assert "Preset of this run: radiograph." in made
    assert "<code>augment.preset</code></dt><dd>radiograph</dd>" in made
    assert "augment.zoom" not in made  # null: the value of the preset


def test_page_lists_errors_with_missed_films_first(page: str) -> None:
    errors = page[page.index('<section id="errors"') :]
    assert errors.index("pneumonia called normal (3)") < errors.index("False alarms (")
    probabilities = [float(text) for text in re.findall(r'<td class="n">(0\.\d{3})</td>', errors)]
    missed, alarms = probabilities[:3], probabilities[3:]
    assert missed == sorted(missed)
    assert alarms == sorted(alarms, reverse=True)
    assert len(alarms) == 12


def test_page_says_whether_the_films_are_synthetic(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Synthetic films." in page
    write_state(tmp_path, is_synthetic=False)
    assert "Synthetic" not in make_page(tmp_path, monkeypatch)


def test_settings_are_those_of_the_model(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_state(tmp_path)
    params = tmp_path / "params.yaml"
    text = params.read_text(encoding="utf-8")
    own = text.replace(f"{MODEL}: {{}}", f"{MODEL}: {{learning_rate: 0.0123}}")
    params.write_text(own, encoding="utf-8")
    assert "0.0123" in make_page(tmp_path, monkeypatch)
    assert "0.0123" not in page


def test_page_of_a_network_without_convolution_says_so_and_shows_its_films(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_state(tmp_path)
    explanations = tmp_path / paths.explanations_json(MODEL)
    values = read_json(explanations)
    for film in values["films"]:
        film |= {"gradcam": None, "activations": []}
    filters = values["filters"] | {"layer": "fc1", "shape": [64, 64, 1, 128], "n_shown": 16}
    changes = {"gradcam_layer": None, "conv_layers": [], "filters": filters}
    write_json(explanations, values | changes)

    page = make_page(tmp_path, monkeypatch)

    assert page.count("This network has no convolution") == 1
    assert page.count("<img ") == 8 + 2  # 8 films, the first weights, the contact sheet
    assert "The 16 units with the largest weights, of 128 units." in page
    assert page.count("Grad-CAM") == 1
    assert "Feature maps by layer" not in page
    assert "In colour:" not in page


def test_page_says_which_of_several_averaged_networks_it_shows(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "different seeds" not in page
    write_state(tmp_path)
    description = tmp_path / paths.contract_file(paths.model_dir(MODEL))
    write_json(description, read_json(description) | {"n_seeds": 3})

    averaged = make_page(tmp_path, monkeypatch)

    assert "The model is the mean of 3 networks with different seeds." in averaged
    assert "<dt>Seeds</dt><dd>0 to 2 (mean of 3 networks)</dd>" in averaged


def test_page_says_how_many_convolutions_it_shows_of_how_many(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.count("Feature maps by layer (4 convolutions)") == 8
    write_state(tmp_path)
    explanations = tmp_path / paths.explanations_json(MODEL)
    values = read_json(explanations)
    values["conv_layers"] = [f"conv{number}" for number in range(120)]
    write_json(explanations, values)

    assert "Feature maps by layer (4 of 120 convolutions)" in make_page(tmp_path, monkeypatch)


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
    assert summary["weaknesses"][0]["title"] == "Target sensitivity missed on test"
    assert summary["description"]["n_parameters"] == 8_459_458


def test_evaluation_of_another_run_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_state(tmp_path)
    path = tmp_path / paths.evaluation(MODEL)
    evaluation = read_json(path)
    evaluation["test"]["confusion"] |= {"tp": 61, "fn": 4}
    write_json(path, evaluation)
    with pytest.raises(TableError, match=r"TP \(62, 61\)"):
        make_page(tmp_path, monkeypatch)


def test_page_is_written_without_training_history_and_with_undefined_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_state(tmp_path)
    for tsv in (tmp_path / paths.training_history(MODEL)).rglob("*.tsv"):
        tsv.unlink()
    path = tmp_path / paths.evaluation(MODEL)
    path.write_text(
        re.sub(r'"(low|high)": [\d.]+', r'"\1": null', path.read_text(encoding="utf-8"))
    )
    explanations = tmp_path / paths.explanations_json(MODEL)
    values = json.loads(explanations.read_text(encoding="utf-8"))
    values["films"] = [film for film in values["films"] if film["outcome"] != "FN"]
    write_json(explanations, values | {"missing_outcomes": ["FN"]})

    page = make_page(tmp_path, monkeypatch)

    assert "No training curves were recorded" in page
    assert "Not every outcome has an example" in page
    assert "No film to show" in page
