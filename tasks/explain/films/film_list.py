"""Read the list of large films that `explain-films` wrote, and the films themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.errors import EvaluationError
from tasks.core.film.film_place import SquarePlace


@dataclass(frozen=True, eq=False)
class ShownFilm:
    """A large film. picture: mode L, in the shape of the film; place: in its square."""

    picture: Image.Image
    place: SquarePlace


def read_film_list(image_ids: Sequence[str]) -> list[tuple[int, dict[str, Any]]]:
    """The row and the entry of films in `films.json`, in the given order.

    Raises:
        EvaluationError: The list is missing, or a film is not in it.
    """
    try:
        listed = read_json(paths.films_json())["films"]
        entries = {entry["image_id"]: (row, entry) for row, entry in enumerate(listed)}
        return [entries[image_id] for image_id in image_ids]
    except (OSError, ValueError, KeyError) as error:
        raise broken_films(error) from error


def read_shown_films(image_ids: Sequence[str], longest_px: int) -> list[ShownFilm]:
    """Read large films, reduced to at most `longest_px` on the longer side.

    Raises:
        EvaluationError: A film is missing.
    """
    return [_shown(entry, longest_px) for _, entry in read_film_list(image_ids)]


def broken_films(error: Exception) -> EvaluationError:
    """The error of a folder of large films that is not complete."""
    return EvaluationError(
        "explanations need the large copy of each test film",
        found=f"{type(error).__name__}: {error}",
        where=str(paths.FILMS),
        next_step="run `dvc repro`: the stage explain-films writes it",
    )


def _shown(entry: dict[str, Any], longest_px: int) -> ShownFilm:
    try:
        with Image.open(paths.FILMS / entry["file"]) as film:
            film.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
            picture = film.convert("L")
    except OSError as error:
        raise broken_films(error) from error
    return ShownFilm(picture, SquarePlace(tuple(entry["box"]), tuple(entry["square_box"])))
