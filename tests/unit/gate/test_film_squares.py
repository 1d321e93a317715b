import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tasks.core.errors import SourceError
from tasks.core.film.square import square_of_film
from tasks.core.params import ResizeParams
from tasks.gate.compared_films import ComparedFilms
from tasks.gate.film_squares import squares_for
from tests.films import on_workers, png
from tests.gated_networks import RESIZE, store_squares

STORED = ResizeParams.model_validate(RESIZE)
FILMS = [png(seed) for seed in range(3)]


@pytest.fixture
def films(tmp_path: Path) -> ComparedFilms:
    """Three films of a source, and a store with black squares of them."""
    table = pd.DataFrame({"path": [f"{n}.png" for n in range(3)]})
    table["image_id"] = [hashlib.sha256(data).hexdigest() for data in FILMS]
    for path, data in zip(table["path"], FILMS, strict=True):
        (tmp_path / "films").mkdir(exist_ok=True)
        (tmp_path / "films" / path).write_bytes(data)
    store = tmp_path / "images"
    store_squares(store, table, np.zeros((3, 64, 64), dtype=np.uint8))
    return ComparedFilms("test", table, {}, None, str(tmp_path / "films"), store)


def test_the_store_is_taken_if_its_squares_suit_the_network(films):
    squares = squares_for(films, STORED, on_workers(1))
    assert (squares.shape, squares.max()) == ((3, 64, 64, 1), 0)


@pytest.mark.parametrize("changes", [{"size_px": 32}, {"geometry": "letterbox"}])
def test_a_network_with_other_squares_gets_its_own_in_the_order_of_the_films(films, changes):
    resize = STORED.model_copy(update=changes)
    squares = squares_for(films, resize, on_workers(1))
    expected = [square_of_film(data, resize).image for data in FILMS]
    np.testing.assert_array_equal(squares[..., 0], expected)


def test_a_film_that_changed_since_it_was_listed_is_an_error(films):
    Path(films.source, "1.png").write_bytes(FILMS[0])
    with pytest.raises(SourceError, match="other bytes"):
        squares_for(films, STORED.model_copy(update={"size_px": 32}), on_workers(1))
