"""Routes that take films in, list them, show them and sign them off."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from tasks.core.errors import printable
from tasks.screen.film_view import film_view
from tasks.screen.serve.problems import Refusal
from tasks.screen.serve.request_gate import wants_page
from tasks.screen.serve.route_models import (
    AcceptedFilms,
    ChangedFilms,
    FilmWithHeat,
    ImageId,
    WorklistRow,
    content_of,
    problems,
)
from tasks.screen.serve.service import Service
from tasks.screen.serve.sign_off import (
    GivenVerdict,
    Initials,
    corrections_csv,
    store_verdict,
    take_back,
)
from tasks.screen.serve.uploads import FILM_TYPES, MAX_NAME, ZIP_TYPE
from tasks.screen.serve.worklist_rows import MAX_CHANGED_FILMS, FilmRow, changed_films, find_film

_BODY = {
    "required": True,
    "content": {
        kind: {"schema": {"type": "string", "format": "binary", "minLength": 1}}
        for kind in (*FILM_TYPES, ZIP_TYPE)
    },
}
_MAX_SHOWN = 100  # characters of a header that an answer repeats
_MAX_VERSION = 2**62  # SQLite counts to 2 ** 63 - 1


def film_row(film: FilmRow) -> dict[str, Any]:
    """A film as the service answers it; `film_view` has the words of the page."""
    view = film_view(film.screened) if film.screened else {}
    return {
        **view,
        "id": film.image_id,
        "name": film.name,
        "origin": film.origin,
        "received": film.received,
        "state": film.screened.status if film.screened else "waiting",
        "signed": asdict(film.signed) if film.signed else None,
    }


def known_film(service: Service, image_id: str) -> FilmRow:
    """A film of the service.

    Raises:
        Refusal: 404, the service does not have it.
    """
    film = find_film(service.queue.database, image_id)
    if film is None:
        raise Refusal(
            404,
            "a film is named by the sha256 of its bytes",
            found="no such film",
            next_step="send it by POST /films",
        )
    return film


def _checked_type(request: Request) -> str:
    """Type of a body, in lower case.

    Raises:
        Refusal: 415, it is neither that of a film nor that of a zip.
    """
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind in (*FILM_TYPES, ZIP_TYPE):
        return kind
    found = f"Content-Type: {printable(given[:_MAX_SHOWN])}" if given else "no Content-Type"
    rule = f"a film is {', '.join(FILM_TYPES)}; several are {ZIP_TYPE}"
    raise Refusal(415, rule, found=found, next_step="set the header Content-Type to one of these")


def film_routes(service: Service) -> APIRouter:
    """Routes for films and verdicts."""
    router = APIRouter()
    _add_intake(router, service)
    _add_worklist(router, service)
    _add_verdicts(router, service)
    return router


def _add_intake(router: APIRouter, service: Service) -> None:
    @router.post(
        "/films",
        status_code=202,
        response_model=AcceptedFilms,
        responses=problems(408, 413, 415, 507),
        openapi_extra={"requestBody": _BODY},
        summary="Send a film, or a zip of films",
    )
    async def post_films(
        request: Request, name: Annotated[str, Query(max_length=MAX_NAME)] = ""
    ) -> JSONResponse:
        """Keep a film for the network. Any bytes are kept: what is no film gets a row saying so.

        A film without a name is named by its hash.
        """
        kind = _checked_type(request)
        service.queue.check_room(1)
        async with service.bodies.read(request) as body:
            films, known = await run_in_threadpool(service.uploads.accept, body, kind, name)
        service.worker.wakes.set()
        service.metrics.accepted.inc(len({film.image_id for film in films} - known))
        request.state.films = [film.image_id for film in films]
        answers = [
            {"id": film.image_id, "name": film.name, "known": film.image_id in known}
            for film in films
        ]
        return JSONResponse({"films": answers}, 202)


def _add_worklist(router: APIRouter, service: Service) -> None:
    @router.get(
        "/",
        response_class=Response,
        responses=content_of("text/html") | problems(),
        summary="The page",
    )
    def get_page() -> HTMLResponse:
        """The worklist for readers. The page itself holds no film; it asks for them by token."""
        return HTMLResponse(service.page)

    @router.get(
        "/worklist",
        response_model=ChangedFilms,
        responses=problems(),
        summary="Films that changed",
    )
    def get_worklist(
        request: Request, after: Annotated[int, Query(ge=0, le=_MAX_VERSION)] = 0
    ) -> Response:
        """Films with an answer that changed after a version, oldest change first; 0: all."""
        if wants_page(request.headers):
            return RedirectResponse("/")
        rows = changed_films(service.queue.database, after)
        answer = {
            "version": rows[-1].version if rows else after,
            "more": len(rows) == MAX_CHANGED_FILMS,
            "n_waiting": service.queue.n_waiting(),
            "films": [film_row(row) for row in rows],
        }
        return JSONResponse(answer)

    @router.get(
        "/films/{image_id}",
        response_model=FilmWithHeat | WorklistRow,
        responses=problems(404),
        summary="One film",
    )
    def get_film(image_id: ImageId) -> JSONResponse:
        """A film, with the scale of its heat if it has an answer."""
        film = known_film(service, image_id)
        row = film_row(film)
        if film.screened is None or film.screened.status == "rejected":
            return JSONResponse(row | {"heat_limit": 0.0, "heat_classes": []})
        heat = service.pictures.heat(film)
        return JSONResponse(row | {"heat_limit": heat.limit, "heat_classes": [*heat.maps]})


def _add_verdicts(router: APIRouter, service: Service) -> None:
    database = service.queue.database

    @router.post(
        "/films/{image_id}/verdict",
        response_model=WorklistRow,
        responses=problems(404, 409, 507),
        summary="Sign a film off",
    )
    def post_verdict(request: Request, image_id: ImageId, given: GivenVerdict) -> JSONResponse:
        """Store what a reader says of an answer; it replaces what the same initials said before."""
        film = known_film(service, image_id)
        store_verdict(database, film, given, request.state.who, service.classes)
        return JSONResponse(film_row(known_film(service, image_id)))

    @router.delete(
        "/films/{image_id}/verdict",
        response_model=WorklistRow,
        responses=problems(404, 507),
        summary="Take a verdict back",
    )
    def delete_verdict(image_id: ImageId, initials: Annotated[Initials, Query()]) -> JSONResponse:
        """Delete the verdict of somebody on a film."""
        take_back(database, known_film(service, image_id), initials)
        return JSONResponse(film_row(known_film(service, image_id)))

    @router.get(
        "/corrections.csv",
        response_class=Response,
        responses=content_of("text/csv") | problems(),
        summary="All verdicts",
    )
    def get_corrections() -> Response:
        """All verdicts, as the file that `ingest.corrections` takes."""
        name = 'attachment; filename="lungline-corrections.csv"'
        text = corrections_csv(database)
        return Response(text, media_type="text/csv", headers={"Content-Disposition": name})
