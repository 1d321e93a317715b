"""The thread that gives the waiting films to the network, one after the other."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.core.network.engine import Engine, Screened
from tasks.core.network.next_steps import clinic_step
from tasks.core.network.prepared_film import prepare_film
from tasks.core.network.screened_film import ScreenedFilm
from tasks.screen.serve.film_queue import MAX_CLAIMS, ClaimedFilm, FilmQueue
from tasks.screen.serve.service_metrics import ServiceMetrics
from tasks.screen.serve.worklist_rows import find_film

if TYPE_CHECKING:
    from tasks.core.film.square import Square

IDLE_S = 0.2  # between looks at an empty queue; another process may fill it
_AFTER_FAILURE_S = 2.0
AnswerHook = Callable[[bytes, ScreenedFilm, "Square | None", datetime], object]


class SharedEngine:
    """An engine that several threads may ask; it answers one at a time.

    Args:
        engine: The engine.
    """

    def __init__(self, engine: Engine) -> None:
        self.network = engine.network
        self._engine = engine
        self._lock = threading.Lock()

    def screen(self, data: bytes, name: str) -> Screened:
        """See `Engine.screen`."""
        with self._lock:
            return self._engine.screen(data, name)

    def heats(self, image: Pixels) -> NDArray[np.float32]:
        """See `OnnxNetwork.heats`."""
        with self._lock:
            return self.network.heats(image)


class ScoringWorker:
    """Claims films, screens them, stores the answers, and writes those that DICOM senders want.

    Args:
        queue: The queue; no other worker may use it.
        engine: The engine.
        metrics: What Prometheus asks for.
        answer: Called with the bytes, the answer, the square and the time of a scored film of
            origin dicom, after the answer is durable; at least once, also after `kill -9`.
    """

    def __init__(
        self,
        queue: FilmQueue,
        engine: SharedEngine,
        metrics: ServiceMetrics,
        answer: AnswerHook | None = None,
    ) -> None:
        self._queue, self._engine, self._metrics, self._answer = queue, engine, metrics, answer
        self._thread = threading.Thread(target=self._run, name="scoring", daemon=True)
        self._stops = threading.Event()
        self._has_failed = False
        self._unstored: set[str] = set()  # read well, but the disk had no room for the answer
        self.wakes = threading.Event()

    def start(self) -> None:
        """Begin, also with the films that a killed worker had begun with."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End after the film in hand, or after a time; that film then waits again."""
        self._stops.set()
        self.wakes.set()
        self._thread.join(timeout_s)

    def is_well(self) -> bool:
        """Whether the thread runs, and its last turn did not fail."""
        return self._thread.is_alive() and not self._has_failed

    def _run(self) -> None:
        is_released = False
        while not self._stops.is_set():
            self.wakes.clear()
            try:
                if not is_released:
                    self._queue.release_claims()
                is_released = True
                if not (self.score_one() or self.answer_one()):
                    self.wakes.wait(IDLE_S)
                self._has_failed = False
            except Exception as error:  # noqa: BLE001 - a full disk, a damaged database: it goes on
                self._has_failed, is_released = True, False
                self._fail("scoring waits: %s: %s", type(error).__name__, error)
                self._stops.wait(_AFTER_FAILURE_S)

    def score_one(self) -> bool:
        """Give one film to the network.

        Returns:
            Whether a film waited.

        Raises:
            OSError: The disk is full or broken.
        """
        film = self._queue.claim()
        if film is None:
            return False
        start_s = time.perf_counter()
        screened, _ = self._screen(film)
        self._unstored.add(film.image_id)
        if self._queue.finish(film.image_id, screened.model_sha256, screened.to_json()):
            self._metrics.screened.labels(screened.status).inc()
        self._unstored.discard(film.image_id)
        self._metrics.screen_seconds.observe(time.perf_counter() - start_s)
        return True

    def _screen(self, film: ClaimedFilm) -> Screened:
        if film.n_claims > MAX_CLAIMS and film.image_id not in self._unstored:
            return self._unreadable(film, f"the program ended {MAX_CLAIMS} times while reading it")
        try:
            data = self._queue.files.read(film.image_id)
        except FileNotFoundError:
            return self._unreadable(film, "its bytes are no longer in the state folder")
        try:
            return self._engine.screen(data, film.name)
        except Exception as error:  # noqa: BLE001 - one film must not end the service
            self._fail("film %s: %s", film.image_id, error)
            return self._unreadable(film, f"the engine failed with {type(error).__name__}")

    def _unreadable(self, film: ClaimedFilm, detail: str) -> Screened:
        network = self._engine.network
        rejected = ScreenedFilm(
            film.name, film.image_id, "rejected", network.model, network.sha256, "unreadable"
        )
        step = clinic_step("unreadable", detail)
        return replace(rejected, detail=detail, next_step=step), None

    def answer_one(self) -> bool:
        """Write the answer for one scored film of origin dicom.

        Returns:
            Whether an answer was due.
        """
        image_id = self._queue.answer_due() if self._answer else None
        if self._answer is None or image_id is None:
            return False
        film = find_film(self._queue.database, image_id)
        assert film is not None  # noqa: S101 - rows are never deleted
        assert film.screened is not None  # noqa: S101 - it was scored
        data = self._queue.files.read(image_id)
        square = prepare_film(data, film.name, self._engine.network.rules).square
        try:
            self._answer(data, film.screened, square, datetime.fromisoformat(film.finished))
        except Exception as error:  # noqa: BLE001 - the queue counts the tries; others go on
            self._fail("answer for film %s: %s", image_id, error)
            return True
        self._queue.answered(image_id)
        return True

    def _fail(self, message: str, *values: object) -> None:
        self._metrics.failures.inc()
        logging.getLogger(__name__).error(message, *values)
