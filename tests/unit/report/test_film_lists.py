"""Films that every network gets wrong, and films on which they disagree."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tasks.core.errors import TableError
from tasks.report.film_lists import (
    LISTED_PX,
    MOST_PICTURES,
    call_of_film,
    film_lists,
    thumbnail,
)

IDS = [f"f{number}" for number in range(5)]


def summary(model: str, outcomes: list[str], probs: list[float]) -> dict[str, Any]:
    films = {
        "image_id": IDS[: len(outcomes)],
        "label": ["COVID" if one in ("TP", "FN") else "NORMAL" for one in outcomes],
        "called_class": ["COVID"] * len(outcomes),
        "outcome": outcomes,
        "prob_positive": probs,
    }
    evaluation = {"negative_class": "NORMAL", "classes": ["COVID", "NORMAL"]}
    return {"model": model, "page": f"{model}.html", "test_films": films, "evaluation": evaluation}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for image_id in IDS:
        Image.new("L", (300, 150), 90).save(tmp_path / f"{image_id}.jpg")
    return tmp_path


def test_missed_findings_come_first_and_the_surest_of_them(folder: Path) -> None:
    wrong, divided = film_lists(
        [
            summary("a", ["FP", "FN", "FN", "TP", "TN"], [0.9, 0.3, 0.1, 0.8, 0.1]),
            summary("b", ["FP", "FN", "FN", "FN", "TN"], [0.9, 0.3, 0.2, 0.2, 0.1]),
        ],
        folder,
    )
    assert [film.image_id for film in wrong.films] == ["f2", "f1", "f0"]
    assert [film.image_id for film in divided.films] == ["f3"]
    assert [(call["called"], call["is_wrong"]) for call in divided.films[0].calls] == [
        ("COVID", False),
        ("NORMAL", True),
    ]


def test_one_network_has_nothing_to_agree_with(folder: Path) -> None:
    assert film_lists([summary("a", ["FN"], [0.1])], folder) == []


def test_networks_with_other_films_are_refused(folder: Path) -> None:
    two = [summary("a", ["FN"], [0.1]), summary("b", ["FN", "TN"], [0.1, 0.2])]
    with pytest.raises(TableError, match="same test films"):
        film_lists(two, folder)


def test_more_films_than_pictures_are_counted(tmp_path: Path) -> None:
    ids = [f"g{number:02d}" for number in range(MOST_PICTURES + 3)]
    outcomes, probs = ["wrong"] * len(ids), [0.5] * len(ids)
    two = [summary(model, outcomes, probs) for model in "ab"]
    for one in two:
        one["test_films"]["image_id"] = ids
        one["evaluation"]["negative_class"] = None
        del one["test_films"]["prob_positive"]
    for image_id in ids:
        Image.new("L", (20, 20)).save(tmp_path / f"{image_id}.jpg")
    wrong, divided = film_lists(two, tmp_path)
    assert (wrong.n_films, len(wrong.films)) == (MOST_PICTURES + 3, MOST_PICTURES)
    assert divided.n_films == 0


def test_a_call_is_the_one_at_the_threshold() -> None:
    one = summary("a", ["FN", "TP"], [0.1, 0.9])
    assert [call_of_film(one, row) for row in (0, 1)] == ["NORMAL", "COVID"]
    one["evaluation"]["classes"] = ["COVID", "NORMAL", "VIRAL"]
    one["test_films"]["called_class"] = ["VIRAL", "NORMAL"]
    assert [call_of_film(one, row) for row in (0, 1)] == ["NORMAL", "not NORMAL"]


def test_a_thumbnail_keeps_its_proportions(folder: Path) -> None:
    picture = thumbnail(folder / "f0.jpg")
    assert (picture.width_px, picture.height_px) == (LISTED_PX, LISTED_PX // 2)
    assert picture == thumbnail(folder / "f0.jpg")
