import numpy as np
import pytest

from tasks.explain.grading.opacity_truth import against_opacities, is_hit, overlap

PATIENTS = [f"p{number}" for number in range(40)]


@pytest.fixture
def opacities() -> np.ndarray:
    rng = np.random.default_rng(3)
    opacities = np.zeros((40, 16, 16), dtype=bool)
    for film, (row, column) in zip(opacities, rng.integers(0, 11, (40, 2)), strict=True):
        film[row : row + 5, column : column + 6] = True
    return opacities


def test_a_map_equal_to_the_mask_is_perfect(opacities):
    found = against_opacities(opacities.astype(float), opacities, PATIENTS, seed=0)
    assert found["pointing_game"]["value"] == found["iou"]["value"] == 1
    assert found["pointing_game"]["low"] < 1  # 40 films do not prove it
    assert found["chance"] == pytest.approx(30 / 256)
    assert found["n_films"] == 40


def test_a_map_without_knowledge_scores_at_chance(opacities):
    many = np.tile(opacities, (50, 1, 1))
    maps = np.random.default_rng(4).normal(size=many.shape)
    found = against_opacities(maps, many, [str(n) for n in range(2000)], seed=0)
    assert found["pointing_game"]["value"] == pytest.approx(found["chance"], abs=0.025)
    assert found["iou"]["value"] == pytest.approx(found["iou_chance"], abs=0.005)


def test_an_even_map_points_at_nothing(opacities):
    even = np.ones((16, 16))
    assert not is_hit(even, opacities[0])
    assert overlap(even, opacities[0]) == pytest.approx(30 / 256)
    assert not is_hit(0 * even, opacities[0])
    assert overlap(-even, opacities[0]) == 0


def test_the_overlap_by_hand():
    opacities = np.array([[True, True], [False, False]])
    assert overlap(np.array([[4.0, 1.0], [3.0, 0.0]]), opacities) == pytest.approx(1 / 3)
    assert overlap(np.array([[4.0, -1.0], [-3.0, -2.0]]), opacities) == 0.5
