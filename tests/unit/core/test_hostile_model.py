"""Model files that a stranger made or that are damaged: each is refused with one message."""

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.core.classifier import CONTRACT_MEMBER, INPUT, load_classifier, read_contract
from tasks.core.errors import EvaluationError
from tests.films import ROOT

FACTS = {
    "model": "m",
    "size_px": 8,
    "classes": ["A", "B"],
    "n_parameters": 130,
    "precision": "float32",
    "input": INPUT,
}


@pytest.fixture(scope="module")
def members(tmp_path_factory) -> dict[str, bytes]:
    """Members of the file of a small model, without a contract."""
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    import keras
    from keras import layers

    images = keras.Input((8, 8, 1), dtype="uint8")
    x = layers.Flatten()(layers.Rescaling(1 / 255)(images))
    model = keras.Model(images, layers.Softmax()(layers.Dense(2, name="logits")(x)))
    path = tmp_path_factory.mktemp("model") / "model.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(folder: Path, members: dict[str, bytes], contract: Any = FACTS) -> None:
    with zipfile.ZipFile(folder / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        if contract is not None:
            archive.writestr(CONTRACT_MEMBER, json.dumps(contract))


def refusal(folder: Path, act: Callable[[Path], object]) -> str:
    with pytest.raises(EvaluationError, match="a network and a contract that agree") as caught:
        act(folder)
    assert str(folder) in caught.value.where
    return caught.value.found


def test_the_file_without_damage_is_loaded(members, tmp_path):
    write(tmp_path, members)
    assert load_classifier(tmp_path).count_params() == 130


@pytest.mark.parametrize(
    "contract",
    [
        *([], "text", 3, FACTS | {"classes": 3}, {}, FACTS | {"input": None}),
        {"a": {"b": "c"}} | dict.fromkeys(FACTS),
    ],
)
def test_contract_of_another_form_is_refused(contract, members, tmp_path):
    write(tmp_path, members, contract)
    refusal(tmp_path, read_contract)


def test_deep_contract_is_refused(members, tmp_path):
    write(tmp_path, members | {CONTRACT_MEMBER: b"[" * 10**5 + b"]" * 10**5}, None)
    assert "RecursionError" in refusal(tmp_path, read_contract)


@pytest.mark.parametrize("member", [CONTRACT_MEMBER, "config.json"])
def test_member_that_unpacks_to_more_than_64_mib_is_not_unpacked(member, members, tmp_path):
    others = {name: data for name, data in members.items() if name != member}
    contract = None if member == CONTRACT_MEMBER else FACTS
    write(tmp_path, others | {member: b" " * (2**26 + 1)}, contract)
    assert (tmp_path / "model.keras").stat().st_size < 2**20
    assert f"{member} has {2**26 + 1} bytes" in refusal(tmp_path, read_contract)


def test_damaged_member_and_password_are_refused(members, tmp_path):
    write(tmp_path, members)
    path = tmp_path / "model.keras"
    content = bytearray(path.read_bytes())
    place = content.index(CONTRACT_MEMBER.encode()) + len(CONTRACT_MEMBER)
    content[place] ^= 0xFF
    path.write_bytes(content)
    refusal(tmp_path, read_contract)
    write(tmp_path, members)
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\1\2")  # the entry of the contract in the directory
    content[entry + 8] |= 1  # flag of an encrypted member
    path.write_bytes(content)
    assert "password" in refusal(tmp_path, read_contract)


@pytest.mark.parametrize("cut", ["config.json", "model.weights.h5"])
def test_damaged_part_of_a_network_is_refused(cut, members, tmp_path):
    write(tmp_path, members | {cut: members[cut][: len(members[cut]) // 2]})
    refusal(tmp_path, load_classifier)


def test_config_that_names_a_function_or_a_class_of_ours_is_refused(members, tmp_path):
    config = members["config.json"].replace(b"Rescaling", b"os.system")
    write(tmp_path, members | {"config.json": config})
    refusal(tmp_path, load_classifier)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weight_that_is_not_finite_is_refused_by_its_name(number, members, tmp_path):
    import h5py

    path = tmp_path / "weights.h5"
    path.write_bytes(members["model.weights.h5"])
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        bias = next(name for name in names if name.endswith("vars/1"))
        file[bias][0] = number
    write(tmp_path, members | {"model.weights.h5": path.read_bytes()})
    assert refusal(tmp_path, load_classifier) == "a number in logits/bias is not finite"


def test_model_whose_copy_of_the_contract_differs_is_refused(members, tmp_path):
    write(tmp_path, members, FACTS | {"classes": ["B", "A"]})
    (tmp_path / "model.json").write_text(json.dumps(FACTS), "utf-8")
    assert "classes" in refusal(tmp_path, load_classifier)
    (tmp_path / "model.json").write_text("[]", "utf-8")
    refusal(tmp_path, load_classifier)


def prepared(**environment: str) -> subprocess.CompletedProcess[str]:
    code = (
        "from tasks.core.classifier import prepare_backend\n"
        "prepare_backend()\n"
        "import keras\n"
        "print(keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format(),"
        " keras.config.backend(), keras.config.dtype_policy().name)"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_settings_of_the_user_s_keras_have_no_effect(tmp_path):
    settings = {"floatx": "float16", "epsilon": 0.5, "backend": "jax"}
    settings["image_data_format"] = "channels_first"
    (tmp_path / "keras.json").write_text(json.dumps(settings), "utf-8")
    done = prepared(KERAS_HOME=str(tmp_path), KERAS_BACKEND="")
    assert done.stdout == "float32 1e-07 channels_last tensorflow float32\n"


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_damaged_settings_of_keras_are_named(tmp_path):
    (tmp_path / "keras.json").write_text('{"floatx": "int4"}', "utf-8")
    done = prepared(KERAS_HOME=str(tmp_path), KERAS_BACKEND="jax")
    assert "TrainingError: the settings file of Keras must be valid" in done.stderr


@pytest.mark.parametrize("name", ["theano", "openvino", "no.such", "TensorFlow"])
def test_unknown_or_missing_backend_is_one_error(name, monkeypatch):
    from tasks.core.classifier import prepare_backend
    from tasks.core.errors import TrainingError

    monkeypatch.setenv("KERAS_BACKEND", name)
    with pytest.raises(TrainingError, match=f"tensorflow, jax, torch(.|\n)*{name}"):
        prepare_backend()
