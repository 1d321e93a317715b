import base64
from typing import Any

import numpy as np

from tasks.page.case_heat import heat_on_page


def explanations() -> dict[str, Any]:
    facts = {"title": "Occlusion", "limit": 2.0, "is_sane": True, "rank": 1}
    return {
        "methods": [{"name": "occlusion", **facts}],
        "cases": [{"classes": ["A", "B"], "why": "shared", "heat": {}, "path": "not for the page"}],
    }


def test_maps_of_each_class_are_shares_of_the_limit() -> None:
    heat = np.array([[[[2.0, -1.0]], [[0.0, 9.0]]]], dtype=np.float16)  # 1 case, 2 classes, 1 x 2
    found = heat_on_page(explanations(), {"occlusion": heat})
    (case,) = found["cases"]
    assert case["maps"]["occlusion"]["shape"] == [2, 1, 2]
    content = base64.b64decode(case["maps"]["occlusion"]["bytes"])
    assert np.frombuffer(content, np.int8).tolist() == [127, -64, 0, 127]
    assert case["segments"] is None
    assert "path" not in case
    assert [method["limit"] for method in found["methods"]] == [2.0]


def test_superpixels_go_with_their_case() -> None:
    segments = np.array([[[0, 1]]], dtype=np.uint16)
    found = heat_on_page(explanations(), {"lime_segments": segments})
    assert found["methods"] == []  # no map of a method
    assert found["cases"][0]["segments"] == {"shape": [1, 2], "bytes": "AAABAA=="}
