"""The folder of large films: the same bytes with and without films of an earlier run."""

import hashlib
import logging
from pathlib import Path

import numpy as np
import pytest

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.errors import EvaluationError, SourceError
from tasks.explain.films.fill_films import WantedFilm, write_films
from tasks.explain.films.film_fields import read_film_fields
from tasks.explain.films.film_list import read_shown_films
from tests.films import jpeg, on_workers, write_tree
from tests.unit.explain.films.spot_films import resize_params, spot_film

FILMS = {f"{n}.jpeg": jpeg(n, 200, 160) for n in range(5)} | {"spot.jpeg": spot_film("JPEG")}


@pytest.fixture(autouse=True)
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_tree(tmp_path / "source", FILMS)


def wanted(*names: str) -> list[WantedFilm]:
    size = {name: (0, 0, 640, 480) if name == "spot.jpeg" else (0, 0, 200, 160) for name in FILMS}
    films = [
        WantedFilm(hashlib.sha256(FILMS[name]).hexdigest(), name, size[name])
        for name in names or FILMS
    ]
    return sorted(films, key=lambda film: film.image_id)


def fill(films: list[WantedFilm], film_px: int = 128, n_workers: int = 1) -> dict[str, bytes]:
    """Write the folder; return its files."""
    params = resize_params("stretch", "none", 32)
    write_films(films, "source", params, film_px, paths.FILMS, on_workers(n_workers))
    return {file.name: file.read_bytes() for file in paths.FILMS.iterdir()}


def test_a_second_run_draws_nothing_and_writes_the_same_bytes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    once = fill(wanted())
    caplog.set_level(logging.INFO)
    assert fill(wanted()) == once
    assert "6 test films: 0 drawn, 6 reused" in caplog.text


def test_two_workers_write_the_same_bytes_as_one() -> None:
    once = fill(wanted())
    for file in paths.FILMS.iterdir():
        file.unlink()
    assert fill(wanted(), n_workers=2) == once


def test_only_new_films_are_drawn_and_films_that_left_are_gone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    expected = fill(wanted("1.jpeg", "2.jpeg", "spot.jpeg"))
    paths.films_json().unlink()
    fill(wanted("0.jpeg", "1.jpeg", "spot.jpeg"))
    caplog.set_level(logging.INFO)
    assert fill(wanted("1.jpeg", "2.jpeg", "spot.jpeg")) == expected
    assert "3 test films: 1 drawn, 2 reused" in caplog.text


def test_a_damaged_film_is_drawn_again(caplog: pytest.LogCaptureFixture) -> None:
    once = fill(wanted())
    name = next(name for name in once if name.endswith(".jpg"))
    (paths.FILMS / name).write_bytes(once[name][:-100])
    caplog.set_level(logging.INFO)
    assert fill(wanted()) == once
    assert "is damaged: it is drawn again" in caplog.text
    assert "1 drawn, 5 reused" in caplog.text


@pytest.mark.parametrize("name", ["films.json", "fields.npz"])
def test_a_damaged_list_costs_only_the_reuse(name: str) -> None:
    once = fill(wanted())
    (paths.FILMS / name).write_bytes(b"{")
    assert fill(wanted()) == once


def test_films_of_another_size_are_drawn_anew(caplog: pytest.LogCaptureFixture) -> None:
    fill(wanted())
    caplog.set_level(logging.INFO)
    fill(wanted(), film_px=130)
    assert "6 drawn, 0 reused" in caplog.text
    assert read_json(paths.films_json())["films"][0]["shown_height"] == 130


def test_a_film_that_changed_is_an_error_and_nothing_is_left(source: Path) -> None:
    (source / "3.jpeg").write_bytes(jpeg(9))
    with pytest.raises(SourceError, match="other bytes") as raised:
        fill(wanted())
    assert "3.jpeg" in str(raised.value)
    assert not paths.FILMS.exists()
    assert not list(paths.FILMS.parent.glob(".*"))


def test_a_folder_without_films_is_complete() -> None:
    assert fill([]).keys() == {"films.json", "fields.npz"}
    assert read_film_fields([]).lungs.shape == (0, 32, 32)


def test_fields_come_in_the_order_that_is_asked_for() -> None:
    fill(wanted())
    ids = [film.image_id for film in wanted("spot.jpeg", "1.jpeg")]
    fields = read_film_fields(ids)
    spot = ids.index(hashlib.sha256(FILMS["spot.jpeg"]).hexdigest())
    assert fields.lungs.shape == (2, 32, 32)
    assert fields.opacities is None
    assert (fields.confidence > 0).tolist() == [one == spot for one in range(2)]
    assert np.array_equal(read_film_fields(ids[::-1]).lungs, fields.lungs[::-1])


def test_a_shown_film_is_reduced_and_knows_its_place() -> None:
    fill(wanted())
    (film,) = read_shown_films([wanted("spot.jpeg")[0].image_id], 100)
    assert film.picture.size == (100, 75)
    assert film.place.box == (0, 0, 1, 1)


def test_a_film_that_is_not_in_the_folder_is_an_error() -> None:
    fill(wanted("1.jpeg"))
    for read in (read_film_fields, lambda ids: read_shown_films(ids, 100)):
        with pytest.raises(EvaluationError, match="explain-films"):
            read([wanted("2.jpeg")[0].image_id])
