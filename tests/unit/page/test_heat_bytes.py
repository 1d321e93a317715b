"""Heat maps as bytes: the steps, the order, the reduction."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.page.heat_bytes import FULL, LONGEST_SIDE, heat_text, segment_text


def steps_of(text: dict[str, object]) -> np.ndarray:
    content = base64.b64decode(str(text["bytes"]))
    return np.frombuffer(content, dtype=np.int8).reshape(text["shape"])


@given(st.floats(-3, 3, width=16), st.floats(0.5, 2))
def test_a_step_is_the_share_of_the_limit(heat: float, limit: float) -> None:
    maps = np.full((1, 2, 3), heat, dtype=np.float16)
    steps = steps_of(heat_text(maps, limit))
    assert abs(steps[0, 0, 0] / FULL - np.clip(heat / limit, -1, 1)) <= 0.5 / FULL + 1e-6


def test_a_large_map_is_reduced_to_means_and_keeps_its_proportions() -> None:
    columns = np.repeat([[-1.0], [1.0]], 128, axis=0).astype(np.float32)
    maps = np.tile(columns.T, (128, 1))[np.newaxis]
    steps = steps_of(heat_text(maps, 1.0))
    assert steps.shape == (1, LONGEST_SIDE // 2, LONGEST_SIDE)
    assert set(steps[0, :, : LONGEST_SIDE // 2].ravel()) == {-FULL}
    assert set(steps[0, :, LONGEST_SIDE // 2 :].ravel()) == {FULL}


@pytest.mark.parametrize("limit", [0.0, None])
def test_a_scale_without_extent_gives_no_heat(limit: float | None) -> None:
    assert not steps_of(heat_text(np.zeros((2, 4, 4), dtype=np.float16), limit)).any()


def test_superpixels_keep_their_numbers() -> None:
    segments = np.repeat(np.array([[3, 700]], dtype=np.uint16), 64, axis=1).repeat(128, axis=0)
    text = segment_text(segments)
    numbers = np.frombuffer(base64.b64decode(text["bytes"]), dtype="<u2").reshape(text["shape"])
    assert numbers.shape == (64, 64)
    assert set(numbers.ravel()) == {3, 700}
