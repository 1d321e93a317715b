import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.page.film_pictures import inline_films, inline_squares, reduce_to_fit

SIDE_PX = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve noisy films of 200 x 240 px, named a to l."""
    folder = tmp_path_factory.mktemp("films")
    rng = np.random.default_rng(0)
    for name in "abcdefghijkl":
        grey = rng.normal(128, 40, (SIDE_PX, 240)).clip(0, 255).astype(np.uint8)
        Image.fromarray(grey).save(folder / f"{name}.jpg", quality=85)
    return folder


def listed(folder: Path) -> list[dict[str, Any]]:
    return [{"image_id": path.stem, "file": path.name} for path in sorted(folder.iterdir())]


def side_of(uri: str) -> int:
    with Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))) as image:
        return min(image.size)


def test_films_that_fit_stand_as_they_are(folder: Path) -> None:
    found = inline_films(folder, listed(folder), (), 10_000_000)
    assert found.reduced_px is None
    stored = base64.b64decode(found.uris["a"].split(",")[1])
    assert stored == (folder / "a.jpg").read_bytes()


def test_explained_films_keep_their_size_and_the_others_fit(folder: Path) -> None:
    most = 4 * sum(path.stat().st_size for path in folder.iterdir()) // 3 // 3
    found = inline_films(folder, listed(folder), {"c"}, most)
    assert found.reduced_px is not None
    assert found.reduced_px < SIDE_PX
    assert side_of(found.uris["c"]) == SIDE_PX
    assert {side_of(uri) for name, uri in found.uris.items() if name != "c"} == {found.reduced_px}
    assert len(found.uris) == 12
    assert sum(map(len, found.uris.values())) <= most + 12 * len("data:image/webp;base64,")
    assert found == inline_films(folder, listed(folder), {"c"}, most)


def test_explained_films_that_fill_the_page_are_reduced_too(folder: Path) -> None:
    most = 4 * sum(path.stat().st_size for path in folder.iterdir()) // 3 // 3
    found = inline_films(folder, listed(folder), set("abcdefghijkl"), most)
    assert {side_of(uri) for uri in found.uris.values()} == {found.reduced_px}


def test_without_room_the_last_films_have_no_picture(folder: Path) -> None:
    found = inline_films(folder, listed(folder), (), 3000)
    assert found.reduced_px == 64
    assert 0 < len(found.uris) < 12
    assert sorted(found.uris) == list("abcdefghijkl")[: len(found.uris)]


def test_the_first_step_that_fits_is_taken() -> None:
    pictures = [lambda side_px, _: "x" * side_px] * 10
    assert reduce_to_fit(pictures, [(8, 1), (4, 1), (2, 1)], 40) == (["x" * 4] * 10, 4)
    assert reduce_to_fit([], [(8, 1), (4, 1)], 0) == ([], 8)


def test_squares_are_pictures_of_their_size() -> None:
    rng = np.random.default_rng(0)
    squares = {name: rng.integers(0, 255, (32, 32, 1), dtype=np.uint8) for name in "ab"}
    found = inline_squares(squares)
    assert {side_of(f",{text}") for text in found.values()} == {32}
