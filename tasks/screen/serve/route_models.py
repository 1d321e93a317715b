"""Forms of the answers, for the OpenAPI description."""

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict

from tasks.screen.serve.problems import Problem

ImageId = Annotated[
    str, Path(pattern="^[0-9a-f]{64}$", description="sha256 of the bytes of the film, hex")
]
State = Literal["waiting", "scored", "rejected"]


class AcceptedFilm(BaseModel):
    """A film that the service keeps now; it survives a power cut."""

    id: str
    name: str
    known: bool


class AcceptedFilms(BaseModel):
    """The films of one upload."""

    films: list[AcceptedFilm]


class ShownVerdict(BaseModel):
    """What a reader said of a film."""

    initials: str
    verdict: str
    label: str
    comment: str
    time: str


class WorklistRow(BaseModel):
    """A film; one with an answer also has the words and numbers that the page shows."""

    model_config = ConfigDict(extra="allow")

    id: str
    name: str
    origin: Literal["http", "dicom"]
    received: str
    state: State
    signed: ShownVerdict | None


class FilmWithHeat(WorklistRow):
    """A film with the scale of its heat.

    heat_limit: heat of the fullest colour, logits. heat_classes: numbers of the classes that have
    a picture of their heat.
    """

    heat_limit: float
    heat_classes: list[int]


class ChangedFilms(BaseModel):
    """Films that changed after a version.

    version: ask with it next time. more: ask again at once.
    """

    version: int
    more: bool
    n_waiting: int
    films: list[WorklistRow]


class Health(BaseModel):
    """Whether the service takes and scores films."""

    status: Literal["ok", "failing"]
    n_waiting: int


def content_of(kind: str) -> dict[int | str, dict[str, Any]]:
    """Entry of the description for an answer that is no JSON, such as `image/jpeg`."""
    schema = {"type": "string"} | ({} if kind.startswith("text") else {"format": "binary"})
    return {200: {"content": {kind: {"schema": schema}}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Entries of the description for the errors of a route; every route may answer the first ones.

    400: no HTTP, or a body that is no text. 401: no token. 403: a foreign page. 408: a body too
    slow. 421: another host. 422: another form. 500: the worklist cannot be read. 503: too busy, or
    the disk fails.
    """
    every = (400, 401, 403, 408, 421, 422, 500, 503)
    return {status: {"model": Problem} for status in (*every, *statuses)}
