"""The parts of a running service, put together."""

from dataclasses import dataclass
from pathlib import Path

from tasks.core.network.engine import Engine
from tasks.core.params.screening import ServiceParams
from tasks.screen.serve.audit_log import AuditLog
from tasks.screen.serve.film_queue import FilmQueue
from tasks.screen.serve.pictures_on_demand import PicturesOnDemand
from tasks.screen.serve.request_body import BodyReader
from tasks.screen.serve.scoring_worker import AnswerHook, ScoringWorker, SharedEngine
from tasks.screen.serve.service_metrics import ServiceMetrics
from tasks.screen.serve.uploads import Uploads


@dataclass(frozen=True)
class Service:
    """What the routes use.

    Attributes:
        classes: Of the network, in the order of its outputs.
        page: HTML of the worklist without films.
    """

    classes: tuple[str, ...]
    page: str
    queue: FilmQueue
    worker: ScoringWorker
    metrics: ServiceMetrics
    audit: AuditLog
    bodies: BodyReader
    uploads: Uploads
    pictures: PicturesOnDemand

    def close(self) -> None:
        """Close the files."""
        self.audit.close()
        self.queue.database.close()


def open_service(
    folder: Path,
    engine: Engine,
    page: str,
    params: ServiceParams,
    answer: AnswerHook | None = None,
) -> Service:
    """Open a state folder and put the parts together; the worker does not run yet.

    Args:
        folder: State folder.
        engine: With its network.
        page: HTML of the worklist without films.
        params: Section `screen.service`.
        answer: See `ScoringWorker`.

    Raises:
        ScreeningError: The folder holds a database of another form.
        OSError: The folder cannot be made or written.
    """
    queue = FilmQueue(folder, params.max_waiting)
    shared, metrics = SharedEngine(engine), ServiceMetrics(queue.n_waiting)
    max_bytes = params.max_megabytes * 2**20
    seal = engine.network.sha256
    return Service(
        classes=engine.network.classes,
        page=page,
        queue=queue,
        worker=ScoringWorker(queue, shared, metrics, answer),
        metrics=metrics,
        audit=AuditLog(folder),
        bodies=BodyReader(max_bytes, params.body_timeout_s),
        uploads=Uploads(queue, seal, max_bytes, params.max_zip_films),
        pictures=PicturesOnDemand(queue.files, shared),
    )
