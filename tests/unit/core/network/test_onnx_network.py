"""`model.onnx` on ONNX Runtime: outputs, heat, and what is refused by name."""

import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest

from tasks.core import paths
from tasks.core.decision.judgement import call_films
from tasks.core.decision.threshold_choice import ThresholdChoice
from tasks.core.errors import LunglineError, ScreeningError
from tasks.core.network.onnx_network import OnnxNetwork, load_network, network_path
from tasks.core.onnx_bytes import NO_SEAL, SEAL, seal_file
from tasks.core.params import load_params
from tasks.screen.worklist import facts_of
from tests.films import ROOT
from tests.git_repository import git, new_commit
from tests.small_onnx import small_onnx


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_onnx(tmp_path_factory.mktemp("onnx"))


@pytest.fixture(scope="module")
def network(path: Path) -> OnnxNetwork:
    return load_network(path)


def films(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 64, 64, 1), dtype=np.uint8)


def test_the_logits_are_the_right_half_against_the_left_one(network: OnnxNetwork) -> None:
    film = np.zeros((1, 64, 64, 1), dtype=np.uint8)
    film[:, :, 32:] = 255  # 8 places of 1, with the weight 1 for the finding
    scores = network.score(film)
    assert scores.logits.tolist() == [[-8.0, 8.0]]
    assert scores.features.shape == (1, 16)
    assert scores.is_refused.tolist() == [False]


def test_a_film_is_called_at_the_threshold_that_the_conditions_chose(tmp_path: Path) -> None:
    rule = "highest threshold with a sensitivity of 0.9, on average over 2 conditions of the films"
    rate = {"value": 0.9, "low": 0.8, "high": 0.95}
    names = ("unchanged", "darker")
    conditions = [{"name": one, "sensitivity": rate, "specificity": rate} for one in names]
    rates = {"sensitivity": 0.95, "specificity": 0.7}
    contract = {
        "operating_points": [{"name": "half", "threshold": 0.9, "rule": rule, **rates}],
        "threshold_on": {"rule": "conditions_mean", "conditions": conditions},
    }
    network = load_network(small_onnx(tmp_path, **contract))
    assert [one.name for one in network.decision.threshold_choice.conditions] == [*names]
    grey = np.zeros((2, 64, 64, 1), dtype=np.uint8)
    grey[0, :, 32:], grey[1, :, 32:] = 28, 40  # 16 * 28 / 255 gives a probability of 0.85, 0.92
    scores = network.score(grey)
    calls = call_films(scores.logits, scores.is_refused, np.zeros(2), network.decision)
    assert calls.called_positive is not None
    assert calls.called_positive.tolist() == [False, True]
    old = load_network(small_onnx(tmp_path))  # of an earlier release
    assert old.decision.threshold_choice == ThresholdChoice("validation", ())
    assert facts_of(network, "").operating_rule == rule


def test_the_batch_changes_outputs_by_rounding_only(network: OnnxNetwork) -> None:
    images = films(70)
    alone = [network.score(images[row : row + 1]).logits for row in range(70)]
    assert np.abs(np.concatenate(alone) - network.score(images).logits).max() < 1e-5


def test_packed_weights_give_the_same_answers(path: Path) -> None:
    network, images = load_network(path), films(200)
    first = network.score(images[:4]).logits
    session = network._session
    network.score(images)
    assert network._session is not session
    assert np.abs(network.score(images[:4]).logits - first).max() < 1e-5


def test_a_file_that_was_replaced_is_not_packed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(path.read_bytes())
    network = load_network(tmp_path / "model.onnx")
    session = network._session
    small_onnx(tmp_path, bias=1.0)
    network.score(films(200))
    assert network._session is session


def test_the_sum_of_the_heat_is_the_score(network: OnnxNetwork) -> None:
    (image,) = films(1)
    logits = network.score(image[np.newaxis]).logits[0]
    heat = network.heat(image[..., 0], 1)
    assert heat.shape == (4, 4)
    assert heat.sum() == pytest.approx(logits[1] - logits[0], abs=1e-4)
    assert np.array_equal(network.heats(image)[1], heat)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1, 32, 32, 1), np.uint8),
        np.zeros((1, 64, 64, 1), np.float32),
        np.zeros((0, 64, 64, 1), np.uint8),
    ],
    ids=["size", "dtype", "none"],
)
def test_other_films_are_refused(network: OnnxNetwork, images: np.ndarray) -> None:
    with pytest.raises(ScreeningError, match="the network needs films"):
        network.score(images)


def changed(path: Path, folder: Path, change: str) -> Path:
    """Write the file with one part of it changed, and sealed again."""
    model = onnx.load(path)
    values = {entry.key: entry for entry in model.metadata_props}
    metadata = json.loads(values["lungline"].value)
    if change == "squares":
        metadata["square"]["format"] = 1
    if change == "classes":
        metadata["heat"] = {"method": "occlusion", "reason": "", "weights": None}
        model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 3
    if change == "format":
        metadata["format"] = 2
    if change == "contract":
        metadata["contract"]["operating_points"][0]["threshold"] = 0.1
    if change == "opset":
        model.opset_import[0].version = 18
    if change == "input":
        model.graph.input[0].name = "pictures"
        model.graph.node[0].input[0] = "pictures"
    if change == "output":
        model.graph.node[5].output[0] = model.graph.node[6].input[0] = "numbers_of_film"
        model.graph.output[2].name = "numbers_of_film"
    values["lungline"].value, values[SEAL].value = json.dumps(metadata), NO_SEAL
    other = folder / "changed.onnx"
    other.write_bytes(seal_file(model.SerializeToString()))
    return other


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("squares", "squares of format 1"),
        ("classes", "outputs|shape"),
        ("format", "format"),
        ("contract", "hash"),
        ("opset", "operators"),
        ("input", "inputs"),
        ("output", "outputs"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(
    path: Path, tmp_path: Path, change: str, words: str
) -> None:
    other = changed(path, tmp_path, change)
    with pytest.raises(LunglineError) as refusal:
        load_network(other)
    assert re.search(words, str(refusal.value))
    assert refusal.value.where == str(other)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_one_flipped_bit_is_found(path: Path, tmp_path: Path, share: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(share * len(data))] ^= 1
    (tmp_path / "flipped.onnx").write_bytes(data)
    with pytest.raises(LunglineError, match=r"seal|ONNX"):
        load_network(tmp_path / "flipped.onnx")


def test_a_missing_network_is_named_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = load_params(ROOT / "params.yaml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScreeningError, match=r"data/onnx/minivggnet/model\.onnx"):
        network_path(None, params)
    Path("my.onnx").write_bytes(b"")
    assert network_path("my.onnx", params) == Path("my.onnx")


@pytest.mark.parametrize("name", ["vgg99", "models/other.onnx", "models/other"])
def test_the_networks_that_exist_are_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params = load_params(ROOT / "params.yaml")
    (tmp_path / "data/onnx/mine").mkdir(parents=True)
    (tmp_path / "data/onnx/mine/model.onnx").write_bytes(b"")
    with pytest.raises(ScreeningError) as error:
        network_path(name, params)
    assert "--model mine" in error.value.next_step
    assert "make run" not in error.value.next_step
    assert ("correct the path" in error.value.next_step) == ("/" in name)


def test_the_version_in_use_screens_unless_another_network_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    params = load_params(ROOT / "params.yaml")
    champion = paths.champion_folder("v0.1.0")
    other = paths.onnx_file("minivggnet").parent
    for folder in (champion, other):
        folder.mkdir(parents=True)
        small_onnx(folder)
    paths.release_json(champion).write_text("{}")
    git(tmp_path, "init", "--quiet")
    new_commit(tmp_path)
    for name in ("classifier@v0.1.0", "classifier#champion#1"):
        git(tmp_path, "tag", "--annotate", "--message", "by a test", name)
    assert network_path(None, params) == paths.release_onnx(champion)
    assert load_network(network_path(None, params)).title == "small v0.1.0"
    assert load_network(network_path("minivggnet", params)).title == "small"
    named = params.screen.model_copy(update={"model": "minivggnet"})
    assert network_path(None, params.model_copy(update={"screen": named})).parent == other
