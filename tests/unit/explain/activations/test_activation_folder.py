from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from tasks.core.atomic import read_json
from tasks.explain.activations.activation_folder import write_activations
from tasks.explain.activations.map_drawing import SILENT
from tasks.explain.explained_model import ExplainedModel

PARAMS = SimpleNamespace(n_maximised=2, seed=0)
RNG = np.random.default_rng(0)
STRIPES = np.tile(np.array([0, 200], dtype=np.uint8), (16, 8))[np.newaxis, ..., np.newaxis]
FLAT = np.full((1, 16, 16, 1), 100, dtype=np.uint8)
FILMS = np.concatenate([STRIPES, FLAT])


def film(called):
    return SimpleNamespace(image_id="a", path="a.png", label=called, called_class=called)


def validation_of(classes):
    """Twelve films of each class. Those of the last one have stripes; all are equally bright."""
    flat = np.clip(RNG.normal(100, 4, (12 * len(classes), 16, 16, 1)), 0, 255)
    flat[-12:, :, 0::2] -= 60
    flat[-12:, :, 1::2] += 60
    return flat.astype(np.uint8), [name for name in classes for _ in range(12)]


def written(folder: Path, network, classes) -> dict:
    explained = ExplainedModel("edges", network, tuple(classes), classes[0], 0.5, ("TP",), FILMS[0])
    films = [film(classes[-1]), film(classes[0])]
    folder.mkdir()
    write_activations(folder, explained, films, FILMS, *validation_of(classes), PARAMS)
    return read_json(folder / "activations.json")


@pytest.mark.parametrize("classes", [["NORMAL", "PNEUMONIA"], ["NORMAL", "VIRAL", "COVID"]])
def test_network_worked_by_hand(tmp_path: Path, build_edges, classes):
    contents = written(tmp_path / "a", build_edges(len(classes)), classes)

    (layer,) = contents["layers"]
    assert layer["shape"] == [16, 15, 3]
    assert layer["receptive_field"] == [1, 2]
    assert layer["silent"] == [[2], [0, 2]]  # a flat film has no edge
    assert layer["telling"][0] == 0
    assert (layer["auroc"][0], layer["auroc"][2]) == (1.0, 0.5)
    assert layer["class"][0] == len(classes) - 1
    assert layer["p"][0] < 0.05
    assert contents["validation"]["n_tests"] == (3 if len(classes) == 2 else 9)
    assert contents["filters"]["n_contrast"] == 1
    assert [one["channel"] for one in layer["maximised"]] == layer["telling"][:2]
    assert layer["sided"][0]["as_called"] >= 1
    assert layer["strongest"][0][0]["channel"] == 0


def test_sheet_shows_the_map_of_each_channel(tmp_path: Path, build_edges):
    (layer,) = written(tmp_path / "a", build_edges(), ["NORMAL", "PNEUMONIA"])["layers"]

    with Image.open(tmp_path / "a" / layer["sheets"][0]) as sheet:
        pixels = np.asarray(sheet)
    form = layer["form"]
    left, top = form["gap_px"], form["gap_px"] + form["label_px"]
    width, height = form["cell_px"]
    edges = pixels[top : top + height, left : left + width]
    assert list(pixels.shape[::-1]) == form["size_px"]
    # 0, 200, 0, 200, ...: every second value is an edge; each is drawn 2 px wide, to reach 32
    np.testing.assert_array_equal(edges[0, 0:8:2] > 0, [True, False, True, False])
    assert SILENT in pixels


def test_equal_input_gives_equal_bytes(tmp_path: Path, build_edges):
    classes = ["NORMAL", "PNEUMONIA"]
    network, films, labels = build_edges(), *validation_of(classes)
    explained = ExplainedModel("edges", network, tuple(classes), "NORMAL", 0.5, ("TP",), FILMS[0])
    for name in "ab":
        (tmp_path / name).mkdir()
        chosen = [film("PNEUMONIA"), film("NORMAL")]
        write_activations(tmp_path / name, explained, chosen, FILMS, films, labels, PARAMS)

    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert len(files) == 1 + 2 + 1 + 1 + 2 + 2  # JSON, films, filters, scale, sheets, made films
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_dense_network_has_its_weights_as_films_and_no_maps(tmp_path: Path):
    images = keras.Input((16, 16, 1), dtype="uint8")
    x = layers.Flatten()(layers.Rescaling(1 / 255)(images))
    x = layers.Dense(2, name="logits")(layers.Dense(20, activation="relu")(x))
    model = keras.Model(images, layers.Softmax(name="predictions")(x))

    contents = written(tmp_path / "a", model, ["NORMAL", "PNEUMONIA"])

    assert contents["layers"] == []
    assert contents["validation"] is None
    assert contents["filters"]["shape"] == [16, 16, 1, 20]
    assert contents["filters"]["n_shown"] == 16
    assert contents["filters"]["n_contrast"] is None
