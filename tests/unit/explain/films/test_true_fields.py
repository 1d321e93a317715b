"""True masks are fitted to the square as the film is."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.core.errors import SourceError
from tasks.core.film.square_place import place_in_square
from tasks.explain.films.true_fields import TrueFields, true_fields_of
from tests.unit.explain.films.spot_films import resize_params


def write_mask(path: Path, left: int, top: int, right: int, bottom: int) -> Path:
    mask = np.zeros((100, 200), dtype=np.uint8)
    mask[top:bottom, left:right] = 255
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(mask).save(path)
    return path


@pytest.mark.parametrize(
    ("geometry", "rows", "columns"),
    [
        ("stretch", slice(8, 12), slice(0, 10)),  # a pixel of the square is 10 x 5 px
        ("letterbox", slice(9, 11), slice(0, 10)),  # 10 x 10 px, under 5 rows of padding
        ("crop", slice(8, 12), slice(0, 10)),  # the middle 100 px, of which 50 in the mask
    ],
)
def test_a_mask_keeps_its_place(tmp_path: Path, geometry: str, rows: slice, columns: slice) -> None:
    place = place_in_square((0, 0, 200, 100), 200, 100, resize_params(geometry, "none", 20))
    mask = write_mask(tmp_path / "a.png", 0, 40, 100, 60)
    expected = np.zeros((20, 20), dtype=bool)
    expected[rows, columns] = True
    np.testing.assert_array_equal(TrueFields(mask, []).lungs(place, 20), expected)


def test_opacities_are_the_union_of_all_numbered_masks_of_the_film(tmp_path: Path) -> None:
    place = place_in_square((0, 0, 200, 100), 200, 100, resize_params("stretch", "none", 20))
    write_mask(tmp_path / "masks/person1_virus_1_1.png", 0, 0, 20, 10)
    write_mask(tmp_path / "masks/person1_virus_1_2.png", 180, 90, 200, 100)
    write_mask(tmp_path / "masks/person1_virus_11_1.png", 0, 0, 200, 100)  # of another film
    fields = true_fields_of("a/person1_virus_1.jpeg", tmp_path / "lungs", tmp_path / "masks")
    found = fields.opacities(place, 20)
    assert np.argwhere(found).tolist() == [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
        [18, 18],
        [18, 19],
        [19, 18],
        [19, 19],
    ]
    normal = true_fields_of("a/IM-0001.jpeg", tmp_path / "lungs", tmp_path / "masks")
    assert not normal.opacities(place, 20).any()


def test_a_film_without_a_lung_mask_is_an_error(tmp_path: Path) -> None:
    place = place_in_square((0, 0, 20, 10), 20, 10, resize_params("stretch", "none", 20))
    with pytest.raises(SourceError, match="make phantom"):
        true_fields_of("a/b.jpeg", tmp_path, tmp_path).lungs(place, 20)
