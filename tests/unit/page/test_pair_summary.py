"""Heat, superpixels and pictures of the cases, as the index reads them."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.page.pair_summary import N_PICTURED, explained_films

N_CASES, N_SHARED = 6, 5
METHODS = [
    {"name": name, "title": name.upper(), "limit": 2.0, "is_sane": True, "rank": rank}
    for rank, name in enumerate(("occlusion", "lime"), 1)
]


def case(number: int) -> dict[str, Any]:
    return {
        "index": number,
        "image_id": f"f{number}",
        "path": f"test/f{number}.jpeg",
        "label": "A",
        "called_class": "B",
        "outcome": "wrong",
        "probabilities": {"A": 0.2, "B": 0.8},
        "is_shared": number < N_SHARED,
        "classes": ["B", "A"],
        "heat": {method["name"]: {"empty": [False, False]} for method in METHODS},
        "overlay": f"{number}.png",
        "lime": None,
    }


@pytest.fixture
def explained(tmp_path: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    heat = {
        "occlusion": rng.normal(size=(N_CASES, 2, 4, 4)).astype(np.float16),
        "lime": np.full((N_CASES, 2, 8, 8), 2.0, dtype=np.float16),
    }
    segments = np.zeros((N_CASES, 8, 8), dtype=np.uint16)
    np.savez_compressed(tmp_path / "heat.npz", lime_segments=segments, **heat)
    for number in range(N_CASES):
        (tmp_path / f"{number}.png").write_bytes(b"picture %d" % number)
    explanations = {"methods": METHODS, "cases": [case(number) for number in range(N_CASES)]}
    return explained_films(explanations, tmp_path)


def test_methods_keep_their_order_and_every_case_has_their_heat(explained: dict[str, Any]) -> None:
    assert [method["name"] for method in explained["methods"]] == ["occlusion", "lime"]
    assert len(explained["cases"]) == N_CASES
    first = explained["cases"][0]
    assert first["heat"]["occlusion"]["shape"] == [2, 4, 4]
    assert first["heat"]["lime"]["empty"] == [False, False]
    full = base64.b64decode(first["heat"]["lime"]["bytes"])
    assert full == bytes([127]) * 128
    assert first["segments"]["shape"] == [8, 8]


def test_pictures_are_those_of_the_first_shared_cases(explained: dict[str, Any]) -> None:
    has_picture = [case["pictures"] is not None for case in explained["cases"]]
    assert has_picture == [number < N_PICTURED for number in range(N_CASES)]
    pictures = explained["cases"][1]["pictures"]
    assert base64.b64decode(pictures["overlay"]) == b"picture 1"
    assert pictures["lime"] is None
