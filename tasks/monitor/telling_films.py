"""Three films of an inbox that show what has moved first, as small pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasks.core.decision.novelty_score import NOVELTY_MEASURES
from tasks.core.film.errors import FilmError
from tasks.core.film.film_jpeg import film_jpeg
from tasks.core.film.square import decode_film
from tasks.core.html.inline_pictures import Picture, data_uri
from tasks.core.source.folder import FolderSource
from tasks.monitor.drift_tests import FeatureMove
from tasks.monitor.drift_text import number_text
from tasks.monitor.inbox_findings import InboxFindings

_N_SHOWN = 3
_SHORTER_PX = 240


@dataclass(frozen=True)
class TellingFilm:
    """A film, its path in the inbox, and what of it has moved, in words."""

    path: str
    value: str
    picture: Picture


def draw_telling_films(inbox: Path, found: InboxFindings) -> list[TellingFilm]:
    """Draw the films that lie farthest where the first feature has moved.

    Args:
        inbox: Folder of the films.
        found: In the inbox; without drift no film is drawn.
    """
    if found.drift is None or not found.drift.has_drifted:
        return []
    source = FolderSource(inbox)
    drawn = []
    for place, value in telling_places(found).items():
        path = found.films[place].path
        try:
            decoded = decode_film(source.read(path), _SHORTER_PX)
        except (OSError, FilmError):  # it was there a moment ago: the next film shows the same
            continue
        content, size = film_jpeg(decoded, _SHORTER_PX)
        drawn.append(TellingFilm(path, value, Picture(data_uri("image/jpeg", content), *size)))
        if len(drawn) == _N_SHOWN:
            break
    return drawn


def telling_places(found: InboxFindings) -> Mapping[int, str]:
    """Positions of the compared films, the most telling first, each with its value in words."""
    assert found.drift is not None  # noqa: S101 - the caller has checked
    first, places = found.drift.first, np.flatnonzero(found.is_compared)
    if first is None:
        unusual = found.table[list(NOVELTY_MEASURES)].to_numpy().max(axis=1)
        order = places[np.argsort(-unusual[places], kind="stable")]
        return {int(one): f"novelty {number_text(float(unusual[one]))}" for one in order}
    if first.is_higher is None:
        levels = found.table[first.feature].tolist()
        return {int(one): levels[one] for one in places if levels[one] == first.inbox}
    return _extreme(found, first, places)


def _extreme(found: InboxFindings, first: FeatureMove, places: np.ndarray) -> dict[int, str]:
    values = found.table[first.feature].to_numpy(dtype=np.float64)
    known = places[np.isfinite(values[places])]
    sign = -1 if first.is_higher else 1
    order = known[np.argsort(sign * values[known], kind="stable")]
    return {int(one): f"{number_text(float(values[one]))} {first.unit}" for one in order}
