"""The page of the label audit says what the list is, and escapes what comes from the data."""

from pathlib import Path

import numpy as np
import pytest

from tasks.core.provenance import Provenance, collect_provenance
from tasks.evaluate.labels.label_page import render_label_page

SQUARE = np.zeros((8, 8), dtype=np.uint8)
AUDIT = {
    "n_images": 90,
    "n_patients": 60,
    "n_folds": 5,
    "left_out": [],
    "gap": None,
    "agreement": 0.93,
    "estimated_noise": 0.02,
    "n_issues": 1,
    "per_class": [
        {"label": "<b>NORMAL", "n_images": 90, "n_issues": 1, "estimated_noise": 0.02},
    ],
    "per_split": [{"split": "test", "n_images": 90, "n_issues": 1}],
    "listed": [
        {
            "image_id": "a1",
            "path": "<script>alert(1)</script>.jpeg",
            "split": "test",
            "label": "<b>NORMAL",
            "likelier_label": "PNEUMONIA",
            "probabilities": {"<b>NORMAL": 0.1, "PNEUMONIA": 0.9},
            "score": 0.1,
        }
    ],
}


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provenance:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("ingest: {source: films}\n")
    return collect_provenance("evaluate-labels", [], [])


def test_page_says_first_that_nothing_is_proven_and_that_test_films_choose_nothing(
    origin: Provenance,
) -> None:
    page = render_label_page(AUDIT, {"a1": SQUARE}, origin)
    lead = page[page.index("<h1>") : page.index("<h2>")]
    assert "1 film worth a second look" in lead
    assert "not proven errors" in lead
    assert "1 test film in this list is shown for people only" in lead


def test_text_from_the_data_is_escaped_and_pictures_are_inside(origin: Provenance) -> None:
    page = render_label_page(AUDIT, {"a1": SQUARE}, origin)
    assert "<script" not in page
    assert "<b>NORMAL" not in page
    assert "&lt;script&gt;" in page
    assert page.count("data:image/png;base64,") == 1
    assert "http" not in page.replace("http-equiv", "")


def test_a_gap_and_an_empty_list_are_said(origin: Provenance) -> None:
    gap = AUDIT | {"gap": "fewer than two classes have 5 patients", "listed": []}
    assert "Reason: fewer than two classes" in render_label_page(gap, {}, origin)
    assert "None: the model agrees" in render_label_page(AUDIT | {"listed": []}, {}, origin)
    out = AUDIT | {"left_out": [{"label": "COVID", "n_images": 4, "n_patients": 2}]}
    assert "COVID: 4 films of 2 patients" in render_label_page(out, {"a1": SQUARE}, origin)
