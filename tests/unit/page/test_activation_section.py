import shutil
from pathlib import Path

import pytest

import tasks.page
from tasks.core.atomic import read_json, write_json
from tasks.core.html.templating import render_template
from tasks.page.activation_section import (
    MAX_CELLS,
    MAX_DEPTHS,
    MAX_SHEET_BYTES,
    activation_section,
    layers_on_page,
)
from tasks.page.activation_text import channel_text, made_text, significance_text, way_text
from tests.activation_pictures import write_activation_pictures

FILM = {"image_id": "a1", "path": "a/<b>.png", "label": "NORMAL", "called_class": "PNEUMONIA"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_activation_pictures(tmp_path, ["NORMAL", "PNEUMONIA"], [FILM, FILM])
    return tmp_path


def test_each_cell_shows_its_own_place_on_the_sheet(folder: Path):
    sheet = activation_section(folder)["layers"][0]["sheets"][0]

    # 73 x 101 px, cells of 32 px: channel 3 lies at 38, 66; 41 and 69 px are left over
    assert sheet.cell_size == "228.12% 315.62%"
    assert [cell.position for cell in sheet.cells[::3]] == ["7.317% 24.638%", "92.683% 95.652%"]
    assert [cell.place for cell in sheet.cells] == [3, 0, 1, 2]
    assert [cell.is_silent for cell in sheet.cells] == [True, False, False, False]


def test_page_without_a_convolution_has_filters_only(folder: Path):
    contents = read_json(folder / "activations.json")
    write_json(folder / "activations.json", contents | {"layers": [], "validation": None})

    section = activation_section(folder)

    assert (section["n_layers"], section["layers"], section["tests"]) == (0, [], "")
    assert section["filters"]["caption"].startswith("The 4 units with the largest weights")


def layers_of(folder: Path, n_layers: int, n_channels: int, n_bytes: int):
    (folder / "sheet.png").write_bytes(b"x" * n_bytes)
    return [{"sheets": ["sheet.png"], "shape": [2, 2, n_channels]}] * n_layers


def test_layers_of_a_deep_network_are_evenly_spaced(tmp_path: Path):
    assert layers_on_page(layers_of(tmp_path, 4, 8, 10), tmp_path) == [0, 1, 2, 3]
    shown = layers_on_page(layers_of(tmp_path, 100, 8, 10), tmp_path)
    assert (len(shown), shown[0], shown[-1]) == (MAX_DEPTHS, 0, 99)
    assert shown == [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99]


def test_only_as_many_layers_as_fit_are_on_the_page(tmp_path: Path):
    by_bytes = layers_of(tmp_path, 9, 8, MAX_SHEET_BYTES // 3)
    assert layers_on_page(by_bytes, tmp_path) == [0, 4, 8]
    by_cells = layers_of(tmp_path, 9, MAX_CELLS // 2, 10)
    assert layers_on_page(by_cells, tmp_path) == [0, 8]
    assert layers_on_page(layers_of(tmp_path, 9, MAX_CELLS, 10), tmp_path) == [8]
    assert layers_on_page(layers_of(tmp_path, 9, MAX_CELLS + 1, 10), tmp_path) == []


LAYER = {"class": [1, 1, 0], "auroc": [0.9, 0.2, 0.5], "p": [0.001, 0.2, 1.0]}
TESTED = {"n_films": 40, "n_channels": 3, "n_tests": 3, "n_telling": 0, "level": 0.05}


def test_channel_names_the_class_it_responds_to_more():
    two = {"classes": ["NORMAL", "PNEUMONIA"], "validation": TESTED}
    three = {"classes": ["NORMAL", "VIRUS", "COVID"], "validation": TESTED}

    assert channel_text(LAYER, 0, two) == "more in pneumonia, AUROC 0.90*"
    assert channel_text(LAYER, 1, two) == "more in normal, AUROC 0.80"
    assert channel_text(LAYER, 1, three) == "less in virus, AUROC 0.80"
    assert channel_text(LAYER, 2, three) == "no difference"


def test_text_says_so_when_no_channel_tells_the_classes_apart():
    assert "No channel is shown to tell the classes apart" in significance_text(
        {"validation": TESTED}
    )
    some = {"validation": {**TESTED, "n_telling": 2}}
    assert "2 of 3 channels tell the classes apart." in significance_text(some)


def test_way_of_a_film_states_its_numbers(folder: Path):
    contents = read_json(folder / "activations.json")

    text = way_text(contents["layers"][0], 0, contents)["text"]

    assert "4 maps of 8 \N{MULTIPLICATION SIGN} 8 values." in text
    assert "at most 3 \N{MULTIPLICATION SIGN} 3 px" in text
    assert "In 3 of 4 filters" in text
    assert "Silent on this film: 1 channel." in text
    assert "channel 1 by 2.2 standard deviations (more in pneumonia, AUROC 0.90*)" in text
    assert "Of 1 channel that tell the called class from the rest, 1 respond" in text


def test_made_film_that_reaches_nothing_is_said(folder: Path):
    contents = read_json(folder / "activations.json")
    layer = contents["layers"][0]
    made = layer["maximised"][0]

    assert "reaches 3.5 on this film; on a validation film at most 0.9" in made_text(
        made, layer, contents
    )
    assert "stayed silent" in made_text({**made, "mean": 0.0}, layer, contents)


def test_missing_picture_is_an_error(folder: Path):
    shutil.rmtree(folder / "activations")

    with pytest.raises(FileNotFoundError):
        activation_section(folder)


def test_template_shows_every_channel_as_text_and_escapes_paths(folder: Path, tmp_path: Path):
    templates = tmp_path / "templates"
    shutil.copytree(Path(tasks.page.__file__).parent / "templates", templates)
    (templates / "only.html.j2").write_text(
        '<style>{% include "activation_sheets.css.j2" %}</style>{% include "activations.html.j2" %}'
    )
    context = {
        "activations": activation_section(folder),
        "model": "minivggnet",
        "description": {"n_seeds": 3, "n_views": 6},
    }

    page = render_template(templates, "only.html.j2", context)

    assert page.count("<li style=") == 2 * (4 + 6)
    assert page.count("<b>0, silent</b>") == 4
    assert page.count("popovertarget=") == 2 * 4
    assert "a/&lt;b&gt;.png" in page
    assert "<b>.png" not in page
    assert "&lt;img" not in page
    assert "these are the maps of the first" in page
    assert "averages 6 views of each film; these are the maps of the whole square" in page
