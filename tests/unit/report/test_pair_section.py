"""Films in the viewer of two networks, and what stands there without a script."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.report.pair_section import MOST_FILMS, PairSection, pair_section

N_FILMS = MOST_FILMS + 6


def case(number: int, *, is_shared: bool) -> dict[str, Any]:
    pictures = {"overlay": base64.b64encode(b"png").decode(), "lime": None}
    return {
        "image_id": f"f{number:02d}",
        "path": f"</script>/f{number:02d}.jpeg",
        "label": "A",
        "called_class": "B",
        "outcome": "wrong",
        "probabilities": {"A": 0.25, "B": 0.75},
        "classes": ["B", "A"],
        "heat": {},
        "segments": None,
        "is_shared": is_shared,
        "pictures": pictures if number == 5 else None,
    }


def summary(model: str, cases: list[dict[str, Any]]) -> dict[str, Any]:
    explained = {"methods": [], "cases": cases}
    return {"model": model, "page": f"{model}.html", "explained": explained}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    place = {"shown_width": 20, "shown_height": 10, "box": [0, 0, 1, 1], "square_box": [0, 0, 1, 1]}
    ids = [f"f{number:02d}" for number in range(N_FILMS)]
    films = [{"image_id": one, "file": f"{one}.jpg", **place} for one in ids]
    write_json(paths.films_json(), {"films": films})
    for one in ids:
        Image.new("L", (20, 10)).save(paths.FILMS / f"{one}.jpg")
    return paths.FILMS


@pytest.fixture
def section(folder: Path) -> PairSection:
    shared = [case(number, is_shared=True) for number in (5, 6)]
    own = {
        "a": [case(number, is_shared=False) for number in (1, 2)],
        "b": [case(number, is_shared=False) for number in (2, 3)],
    }
    found = pair_section(
        [summary(model, [*shared, *cases]) for model, cases in own.items()], folder
    )
    assert found is not None
    return found


def test_films_that_two_networks_explain_are_shown_and_the_shared_ones_first(
    section: PairSection,
) -> None:
    data = json.loads(section.data)
    assert [film["image_id"] for film in data["films"]] == ["f05", "f06", "f02"]
    assert [sorted(network["cases"]) for network in data["networks"]] == [["f02", "f05", "f06"]] * 2
    assert data["films"][0]["title"] == "f05.jpeg"
    assert data["films"][0]["picture"].startswith("data:image/jpeg;base64,")


def test_shared_films_stand_in_a_table_and_the_first_with_pictures(section: PairSection) -> None:
    assert [row["image_id"] for row in section.rows] == ["f05", "f06"]
    assert [row["has_pictures"] for row in section.rows] == [True, False]
    cell = section.rows[0]["cells"][1]
    assert (cell["model"], cell["called"], cell["probability"]) == ("b", "B", 0.75)
    assert cell["is_wrong"]
    assert cell["overlay"] == "data:image/png;base64,cG5n"
    assert cell["lime"] is None


def test_one_network_has_no_pair(folder: Path) -> None:
    assert pair_section([summary("a", [case(1, is_shared=True)])], folder) is None


def test_the_number_of_films_is_bounded(folder: Path) -> None:
    cases = [case(number, is_shared=True) for number in range(N_FILMS)]
    found = pair_section([summary("a", cases), summary("b", cases)], folder)
    assert found is not None
    assert len(json.loads(found.data)["films"]) == MOST_FILMS
