"""Errors as the service answers them: one form of JSON for every status."""

import errno
import logging
import sqlite3
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from tasks.core.errors import LunglineError, ScreeningError, printable
from tasks.screen.serve.film_queue import QueueFull

RETRY_AFTER_S = 5  # what a caller of a busy service is asked to wait
_AGAIN = {"Retry-After": str(RETRY_AFTER_S)}
_BODY_RULE = "a body that is no film is JSON text in UTF-8, of the form in /openapi.json"
_MAX_FOUND = 200  # characters of what a caller sent that an answer repeats


class ProblemDetail(BaseModel):
    """What is wrong: the rule, what was found, where, and the next step."""

    rule: str
    found: str
    where: str
    next_step: str


class Problem(BaseModel):
    """Body of every answer with a status of 400 or more."""

    detail: ProblemDetail


class Refusal(ScreeningError):  # noqa: N818 - the caller is refused; nothing failed
    """A request that the service does not carry out.

    Args:
        status: HTTP status of the answer.
    """

    def __init__(self, status: int, rule: str, *, found: str, next_step: str) -> None:
        self.status = status
        super().__init__(rule, found=found, where="the request", next_step=next_step)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the status too."""
        parts = partial(type(self), found=self.found, next_step=self.next_step)
        return parts, (self.status, self.rule)


def problem_response(
    status: int, error: LunglineError, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Answer with the four parts of an error."""
    parts = {name: getattr(error, name) for name in ProblemDetail.model_fields}
    return JSONResponse({"detail": parts}, status, headers)


def too_busy(found: str) -> JSONResponse:
    """Answer 503: the same request may succeed soon."""
    refusal = Refusal(
        503, "the service takes only so much at once", found=found, next_step="ask again later"
    )
    return problem_response(503, refusal, _AGAIN)


def add_problem_handlers(application: FastAPI) -> None:
    """Answer every error in the one form."""
    application.add_exception_handler(Refusal, _refused)
    application.add_exception_handler(QueueFull, _queue_full)
    application.add_exception_handler(LunglineError, _unfit)
    application.add_exception_handler(OSError, _system_failed)
    application.add_exception_handler(sqlite3.Error, _state_failed)
    application.add_exception_handler(ValueError, _state_failed)
    application.add_exception_handler(RequestValidationError, _invalid)
    application.add_exception_handler(HTTPException, _http_error)
    application.add_exception_handler(ClientDisconnect, _gone)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - as it was registered
    headers = _AGAIN if error.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if error.status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT):
        headers = {"Connection": "close"}  # the rest of the body is not read
    return problem_response(error.status, error, headers)


async def _queue_full(_: Request, error: Exception) -> Response:
    assert isinstance(error, QueueFull)  # noqa: S101 - as it was registered
    return problem_response(503, error, _AGAIN)


async def _unfit(_: Request, error: Exception) -> Response:
    assert isinstance(error, LunglineError)  # noqa: S101 - as it was registered
    return problem_response(422, error)


async def _system_failed(_: Request, error: Exception) -> Response:
    """Disk full: 507; any other failure of the system: 503. The log alone has the path."""
    assert isinstance(error, OSError)  # noqa: S101 - as it was registered
    logging.getLogger(__name__).error("the system failed: %s", error)
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    refusal = Refusal(
        507 if is_full else 503,
        "the service must be able to write what it accepts",
        found=error.strerror or type(error).__name__,
        next_step="nothing was kept; make room on its disk, then send the same again",
    )
    return problem_response(refusal.status, refusal, _AGAIN)


async def _state_failed(_: Request, error: Exception) -> Response:
    """The state folder holds what this program did not write. The log alone has the words."""
    logging.getLogger(__name__).error(
        "the state cannot be read: %s: %s", type(error).__name__, error
    )
    refusal = Refusal(
        500,
        "the service must be able to read its own worklist",
        found=type(error).__name__,
        next_step="read the films without the service; keep a copy of its state folder, start it"
        " with a new one, and send the films again",
    )
    return problem_response(500, refusal)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as it was registered
    first: Mapping[str, Any] = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    refusal = Refusal(
        422,
        "a request has the form that /openapi.json describes",
        found=printable(f"{where}: {first['msg']}"[:_MAX_FOUND]),
        next_step="correct that part, see /api",
    )
    return problem_response(422, refusal)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as it was registered
    is_body = error.status_code == HTTPStatus.BAD_REQUEST  # FastAPI could not read it as JSON
    refusal = Refusal(
        error.status_code,
        _BODY_RULE if is_body else "a request names a route and a method of the service",
        found=printable(f"{request.method} {request.url.path}: {error.detail}"[:_MAX_FOUND]),
        next_step="see /api",
    )
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:  # Starlette names those of one route
        headers["Allow"] = ", ".join(_methods(request))
    return problem_response(error.status_code, refusal, headers)


def _methods(request: Request) -> list[str]:
    """Methods of all routes with the path of a request."""
    path = getattr(request.scope.get("route"), "path", "")
    return sorted(method.upper() for method in request.app.openapi()["paths"].get(path, ()))


async def _gone(_: Request, __: Exception) -> Response:
    """The caller went away within the body. Nobody reads this answer."""
    refusal = Refusal(400, "a body is sent whole", found="a part of it", next_step="send it again")
    return problem_response(400, refusal, {"Connection": "close"})
