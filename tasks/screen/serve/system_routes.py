"""Routes for pictures, for the machines that watch the service, and for its description."""

import re
import sqlite3
from typing import Annotated

from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from tasks.screen.serve.api_page import AskedService, api_page
from tasks.screen.serve.film_routes import known_film
from tasks.screen.serve.route_models import Health, ImageId, content_of, problems
from tasks.screen.serve.service import Service

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PLAIN_HOST = re.compile(r"[\w.:\[\]-]+")  # a shell reads the address as it stands
ClassNumber = Annotated[int, Path(ge=0, le=10_000, description="place of the class, from 0")]


def picture_routes(service: Service) -> APIRouter:
    """Routes for the pictures of a film."""
    router = APIRouter()
    jpeg, png = (content_of(kind) | problems(404) for kind in ("image/jpeg", "image/png"))

    @router.get(
        "/films/{image_id}/thumbnail.jpg",
        response_class=Response,
        responses=jpeg,
        summary="Thumbnail",
    )
    def get_thumbnail(image_id: ImageId) -> Response:
        """A small grey picture of a film, without metadata."""
        drawn = service.pictures.drawn(known_film(service, image_id))
        return Response(drawn.thumbnail, media_type="image/jpeg")

    @router.get(
        "/films/{image_id}/film.jpg", response_class=Response, responses=jpeg, summary="Picture"
    )
    def get_picture(image_id: ImageId) -> Response:
        """A larger grey picture of a film, without metadata."""
        drawn = service.pictures.drawn(known_film(service, image_id))
        return Response(drawn.film, media_type="image/jpeg")

    @router.get(
        "/films/{image_id}/heat/{class_number}.png",
        response_class=Response,
        responses=png,
        summary="Heat",
    )
    def get_heat(image_id: ImageId, class_number: ClassNumber) -> Response:
        """What in a film speaks for a class: a transparent picture to lay over the film."""
        heat = service.pictures.heat_png(known_film(service, image_id), class_number)
        return Response(heat, media_type="image/png")

    return router


def machine_routes(service: Service) -> APIRouter:
    """Routes for programs that watch the service."""
    router = APIRouter()

    @router.get(
        "/health",
        response_model=Health,
        responses={503: {"model": Health}},
        summary="Whether the service works",
    )
    def get_health() -> JSONResponse:
        """503 if no film is scored any more, or the database cannot be read. Needs no token."""
        try:
            n_waiting = service.queue.n_waiting()
        except sqlite3.Error:
            return JSONResponse({"status": "failing", "n_waiting": 0}, 503)
        is_well = service.worker.is_well() and not service.queue.database.is_damaged
        answer = {"status": "ok" if is_well else "failing", "n_waiting": n_waiting}
        return JSONResponse(answer, 200 if is_well else 503)

    @router.get(
        "/metrics",
        response_class=Response,
        responses=content_of("text/plain") | problems(),
        summary="Metrics",
    )
    def get_metrics() -> Response:
        """Counters and histograms for Prometheus."""
        return Response(service.metrics.text(), media_type=_METRICS_TYPE)

    return router


def description_routes(application: FastAPI, *, has_tokens: bool) -> APIRouter:
    """The page that describes all routes, made from the OpenAPI description."""
    router = APIRouter()

    @router.get(
        "/api",
        response_class=Response,
        responses=content_of("text/html") | problems(),
        summary="This page",
    )
    def get_api_page(request: Request) -> HTMLResponse:
        """Every route in words. It loads nothing from elsewhere."""
        asked = AskedService(_address(request), has_tokens)
        return HTMLResponse(api_page(application.openapi(), asked))

    return router


def _address(request: Request) -> str:
    """The address by which the service was asked; the gate has checked its name."""
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host if _PLAIN_HOST.fullmatch(host) else 'localhost'}"
