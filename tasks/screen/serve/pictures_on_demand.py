"""Pictures and heat of films, made when somebody asks, a few at a time."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from tasks.core.network.prepared_film import prepare_film
from tasks.screen.film_picture import DrawnFilm, draw_film, draw_heat, heat_limit
from tasks.screen.serve.film_files import FilmFiles
from tasks.screen.serve.problems import Refusal
from tasks.screen.serve.scoring_worker import SharedEngine
from tasks.screen.serve.worklist_rows import FilmRow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tasks.core.film.square import Square

_MAX_ASKING = 12  # requests that may wait for a turn: each holds a thread of the server
MAX_AT_ONCE = 2  # films drawn at the same time: decoding a large film takes much memory
PATIENCE_S = 10.0  # longest wait for one's turn
_N_DRAWN = 128  # films whose pictures stay in memory: about 100 kB each
_N_HEATS = 32  # films whose heat stays in memory
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class HeatOfFilm:
    """Heat of a film for every class.

    Attributes:
        maps: (h, w) float32 by number of the class; empty where the network gave no answer.
        limit: Heat of the fullest colour, over all classes of this film.
    """

    maps: "dict[int, NDArray[np.float32]]"
    limit: float


class _Newest(Generic[_Value]):
    """The values that were made last, by film."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[str, _Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, image_id: str, make: Callable[[], _Value]) -> _Value:
        with self._lock:
            if image_id in self._values:
                self._values.move_to_end(image_id)
                return self._values[image_id]
        value = make()
        with self._lock:
            self._values[image_id] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


class PicturesOnDemand:
    """Draws films; the last ones stay in memory.

    Args:
        files: Bytes of the films.
        engine: The engine, for the heat.
    """

    def __init__(self, files: FilmFiles, engine: SharedEngine) -> None:
        self._files, self._engine = files, engine
        self._askers = threading.BoundedSemaphore(_MAX_ASKING)
        self._turns = threading.BoundedSemaphore(MAX_AT_ONCE)
        self._drawn: _Newest[DrawnFilm] = _Newest(_N_DRAWN)
        self._heats: _Newest[HeatOfFilm] = _Newest(_N_HEATS)

    def drawn(self, film: FilmRow) -> DrawnFilm:
        """Thumbnail and larger picture of a film.

        Raises:
            Refusal: 404, the file has no picture; 503, too many ask at once.
            OSError: Its bytes cannot be read.
        """
        return self._drawn.get(film.image_id, lambda: self._draw(film))

    def heat(self, film: FilmRow) -> HeatOfFilm:
        """Heat of a film for every class. Raises as `drawn`."""
        return self._heats.get(film.image_id, lambda: self._measure(film))

    def heat_png(self, film: FilmRow, class_index: int) -> bytes:
        """Heat for one class as a transparent PNG of the whole film.

        Raises:
            Refusal: 404, there is no heat for that class; otherwise as `drawn`.
            OSError: The bytes of the film cannot be read.
        """
        heat = self.heat(film)
        if class_index not in heat.maps:
            raise _no_picture("no heat for that class: the network gave the film no answer")
        return draw_heat(heat.maps[class_index], heat.limit, self.drawn(film))

    def _draw(self, film: FilmRow) -> DrawnFilm:
        with self._turn():
            data, square = self._square(film)
            return draw_film(data, square.box, self._engine.network.resize)

    def _measure(self, film: FilmRow) -> HeatOfFilm:
        with self._turn():
            _, square = self._square(film)
            has_answer = film.screened is not None and film.screened.call is not None
            heats = [*self._engine.heats(square.image)] if has_answer else []
            return HeatOfFilm(dict(enumerate(heats)), heat_limit(heats))

    def _square(self, film: FilmRow) -> "tuple[bytes, Square]":
        if film.screened is None or film.screened.status == "rejected":
            raise _no_picture("a file that was not screened, or could not be")
        data = self._files.read(film.image_id)
        square = prepare_film(data, film.name, self._engine.network.rules).square
        if square is None:
            raise _no_picture("a file that can no longer be read as a film")
        return data, square

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._askers.acquire(blocking=False):
            raise _busy()
        try:
            if not self._turns.acquire(timeout=PATIENCE_S):
                raise _busy()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._askers.release()


def _busy() -> Refusal:
    rule = f"{MAX_AT_ONCE} films are drawn at once"
    return Refusal(503, rule, found="others wait too", next_step="ask again later")


def _no_picture(found: str) -> Refusal:
    return Refusal(
        404, "a picture belongs to a film with an answer", found=found, next_step="open the file"
    )
