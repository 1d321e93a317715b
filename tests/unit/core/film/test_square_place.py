import pytest

from tasks.core.film.square_place import place_in_square
from tests.unit.explain.films.spot_films import resize_params


@pytest.mark.parametrize(
    ("geometry", "box", "square_box"),
    [
        ("stretch", (0.25, 0.2, 0.75, 0.6), (0, 0, 1, 1)),
        ("crop", (0.3, 0.2, 0.7, 0.6), (0, 0, 1, 1)),  # the middle 40 px
        ("letterbox", (0.25, 0.2, 0.75, 0.6), (0, 0.0625, 1, 0.875)),  # 13 rows below one
    ],
)
def test_a_region_of_50_by_40_px_on_a_film_of_100_by_100(
    geometry: str, box: tuple[float, ...], square_box: tuple[float, ...]
) -> None:
    place = place_in_square((25, 20, 75, 60), 100, 100, resize_params(geometry, "none", 16))
    assert place.box == pytest.approx(box)
    assert place.square_box == square_box
