"""Metadata and seal of `model.onnx`: read back, and refused by name when they are wrong."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.core.errors import EvaluationError, LunglineError, OnnxFileError
from tasks.core.onnx_bytes import NO_SEAL, ONNX_METADATA, SEAL, seal_file
from tasks.core.onnx_file import CLASS_ACTIVATION_MAP, OCCLUSION, read_metadata
from tasks.core.square_views import view_boxes
from tests.small_onnx import npy, small_onnx

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    return small_onnx(tmp_path_factory.mktemp("onnx")).read_bytes()


def changed(whole: bytes, change: Change) -> bytes:
    """The same file with other metadata and a new seal."""
    model = onnx.load_from_string(whole)
    properties = {one.key: one for one in model.metadata_props}
    values = json.loads(properties[ONNX_METADATA].value)
    change(values)
    properties[ONNX_METADATA].value = json.dumps(values)
    return resealed(model)


def resealed(model: onnx.ModelProto) -> bytes:
    {one.key: one for one in model.metadata_props}[SEAL].value = NO_SEAL
    return seal_file(model.SerializeToString())


def found_in(data: bytes) -> str:
    with pytest.raises(OnnxFileError) as caught:
        read_metadata(data, "x/model.onnx")
    assert caught.value.where == "x/model.onnx"
    return f"{caught.value.rule}: {caught.value.found}"


def test_metadata_are_read_back(whole):
    metadata = read_metadata(whole, "model.onnx")
    assert metadata.contract["classes"] == ["NORMAL", "PNEUMONIA"]
    assert metadata.heat_method == CLASS_ACTIVATION_MAP
    assert metadata.heat_weights.shape == (4, 4, 1, 2)
    assert metadata.average_film.shape == (64, 64, 1)
    assert hashlib.sha256(metadata.novelty).hexdigest() == metadata.contract["novelty"]["sha256"]
    assert metadata.square.params.size_px == 64


def test_views_are_read_back_and_a_file_without_them_has_the_whole_square(whole):
    assert read_metadata(whole, "model.onnx").boxes == ((0, 0, 64, 64),)
    boxes = view_boxes(6, 64)
    viewed = changed(whole, put("heat", "boxes", value=boxes))
    assert read_metadata(viewed, "model.onnx").boxes == boxes


def test_seal_is_the_hash_of_the_file_with_zeros_for_the_seal(whole):
    seal = read_metadata(whole, "").seal
    assert whole.count(seal.encode()) == 1
    assert hashlib.sha256(whole.replace(seal.encode(), NO_SEAL.encode())).hexdigest() == seal


@given(data=st.data())
def test_any_changed_byte_is_refused(whole, data):
    place = data.draw(st.integers(0, len(whole) - 1))
    mask = data.draw(st.integers(1, 255))
    found_in(whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :])


@given(data=st.data())
def test_changed_bytes_under_a_new_seal_are_read_or_refused_by_name(whole, data):
    start = whole.index(ONNX_METADATA.encode()) - 20
    place = data.draw(st.integers(start, len(whole) - 1))
    broken = (
        whole[:place] + bytes(data.draw(st.binary(min_size=1, max_size=3))) + whole[place + 1 :]
    )
    seal = read_metadata(whole, "").seal.encode()
    try:
        sealed = seal_file(broken.replace(seal, NO_SEAL.encode()))
    except ValueError:
        assume(False)  # the seal itself is gone
    with suppress(LunglineError):  # any other error fails
        read_metadata(sealed, "model.onnx")


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_is_refused(whole, share):
    found_in(whole[: int(share * len(whole))])


@given(st.binary(max_size=100))
def test_other_bytes_are_refused(data):
    assert "one seal and one text" in found_in(data)


def put(*keys: str, value: Any) -> Change:
    def change(values: dict[str, Any]) -> None:
        for key in keys[:-1]:
            values = values[key]
        values[keys[-1]] = value

    return change


def npy_of_header(descr: str, shape: str) -> str:
    """A .npy file that holds a header only."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return base64.b64encode(b"\x93NUMPY\x01\x00v\x00" + header.encode()).decode()


OBJECTS = npy_of_header("|O", "(1,)")
HUGE = npy_of_header("|u1", "(1000000, 1000000, 1)")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("format", value=2), "format"),
        (put("opset", value=18), "opset"),
        (put("is_medical_device", value=True), "is_medical_device"),
        (put("more", value=1), "more"),
        (put("novelty_npz", value="AAAA"), "novelty reference with another hash"),
        (put("novelty_npz", value="?"), "base64|padding|multiple"),
        (put("average_film", value=npy(np.zeros((32, 32, 1), np.uint8))), "contract says 64 px"),
        (put("average_film", value=npy(np.zeros((64, 64, 1)))), "float64"),
        (put("average_film", value=OBJECTS), "object"),
        (put("average_film", value=HUGE), "in 0 bytes"),
        (put("square", "params", "size_px", value=32), "squares of 32 px"),
        (put("square", "params", "geometry", value="twist"), "geometry"),
        (put("examination", "max_colour", value=float("nan")), "the number NaN"),
        (put("heat", "method", value=OCCLUSION), "occlusion has none"),
        (put("heat", "weights", value=None), "need weights"),
        (put("heat", "weights", value=npy(np.ones((5, 3), np.float32))), "for 2 classes"),
        (put("heat", "weights", value=npy(np.full((5, 2), np.nan, np.float32))), "not finite"),
        (put("heat", "boxes", value=[[0, 0, 64, 64], [0, 0, 56, 65]]), "of a square of 64 px"),
        (put("heat", "boxes", value=[[0, 0, 56, 56]]), "of a square of 64 px"),
        (put("heat", "boxes", value=[[0, 0, 64, 64], [9, 9, 9, 64]]), "of a square of 64 px"),
        (put("heat", "boxes", value=[[0, 0, 64]]), "unpack"),
        (put("contract", value=[]), "contract"),
    ],
)
def test_wrong_metadata_are_refused_by_name(whole, change, message):
    text = found_in(changed(whole, change))
    assert "the metadata of a network file must have the format 1" in text
    assert re.search(message, text), text


def test_edited_contract_is_refused(whole):
    edited = changed(whole, put("contract", "negative_class", value="PNEUMONIA"))
    with pytest.raises(EvaluationError, match="hash"):
        read_metadata(edited, "model.onnx")


def test_text_that_is_nested_too_deep_is_refused(whole):
    model = onnx.load_from_string(whole)
    {one.key: one for one in model.metadata_props}[ONNX_METADATA].value = "[" * 100_000
    assert "the metadata of a network file" in found_in(resealed(model))


@pytest.mark.parametrize("domain", ["", "com.microsoft"])
def test_other_operators_are_refused(whole, domain):
    model = onnx.load_from_string(whole)
    model.opset_import.add(domain=domain, version=18)
    assert f"('{domain}', 18)" in found_in(resealed(model))


def test_two_seals_are_refused(whole):
    second = onnx.ModelProto()
    second.metadata_props.add(key=SEAL, value=NO_SEAL)
    assert "2 values of the metadata `seal`" in found_in(whole + second.SerializeToString())
