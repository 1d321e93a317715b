from types import SimpleNamespace

import numpy as np
import pytest

from tasks.explain.attribution.methods import attribute
from tasks.explain.films.film_fields import FilmFields
from tasks.explain.grading.grade_methods import grade_methods

METHODS = ("hires_cam", "occlusion")
PLACE = np.zeros((24, 24), dtype=bool)
PLACE[12:, 12:] = True


@pytest.fixture
def graded(build_corner, explain, params):
    """Grades of a network that looks at one quarter, where the opacities of half the films lie."""
    rng = np.random.default_rng(8)
    images = rng.integers(40, 60, (6, 24, 24, 1)).astype(np.uint8)
    images[::2, 12:, 12:] += 150
    films = [
        SimpleNamespace(is_shared=n > 1, label=f"CLASS_{1 - n % 2}", patient_id=f"p{n}")
        for n in range(6)
    ]
    classes = np.array([[1, 0], [0, 1]] * 3)
    fields = FilmFields(
        lungs=np.repeat(PLACE[np.newaxis], 6, axis=0),
        opacities=np.stack([PLACE & (n % 2 == 0) for n in range(6)]),
        confidence=np.ones(6),
    )
    model = explain(build_corner(), average_grey=50)
    params = params.model_copy(update={"n_graded": 4, "n_lime_samples": 20})
    heat = {name: attribute(name, model, images, classes, params) for name in METHODS}

    def grade(fields=fields, heat=heat):
        return grade_methods(model, images, films, classes, heat, fields, params)

    return SimpleNamespace(grade=grade, fields=fields)


def test_methods_that_find_the_place_reach_the_best_grades(graded):
    found = graded.grade()
    assert found["n_films"] == 4
    assert sorted(one["name"] for one in found["methods"]) == sorted(METHODS)
    for one in found["methods"]:
        assert one["truth"]["pointing_game"]["value"] == 1
        assert one["truth"]["n_films"] == 3
        assert one["truth"]["chance"] == 0.25
        assert one["random_network"]["n_films"] == 2  # of the four films that are graded
        assert one["deletion"]["value"] < one["random_order"]["value"]
        assert one["lungs"]["share"]["value"] > 0.9
        assert one["lungs"]["area"] == 0.25
    assert found == graded.grade()


def test_grades_without_truth_lungs_or_methods_are_null(graded):
    none = np.zeros((6, 24, 24), dtype=bool)
    found = graded.grade(FilmFields(none, None, np.zeros(6)))
    for one in found["methods"]:
        assert one["truth"] is None
        assert one["random_network"] is None
        assert one["lungs"] == {
            "share": {"value": None, "low": None, "high": None},
            "area": None,
            "n_films": 0,
        }
    assert graded.grade(heat={})["methods"] == []
