"""What every request passes: the name of the host, the token, the headers, the audit log."""

import logging
import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tasks.screen.serve.audit_log import AuditLog
from tasks.screen.serve.problems import Refusal, problem_response
from tasks.screen.serve.request_body import read_small
from tasks.screen.serve.service_metrics import ServiceMetrics
from tasks.screen.serve.service_tokens import ServiceTokens

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_MAX_SMALL_BODY = 2**16  # bytes; a verdict with the longest comment has 12,000 at most
_UNLOGGED = ("/health", "/metrics")  # machines ask for these every few seconds
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",  # films show patients: no copy in a browser
}
# A name or an IPv4 address, or an IPv6 address in brackets; perhaps a port. Source: RFC 9110, 7.2
_HOST = re.compile(
    r"(?:\[(?P<address>[0-9a-fA-F:.]+)\]|(?P<name>[\w.-]+))(?::[0-9]{1,5})?", re.ASCII
)
_NOTHING_LOADS = "default-src 'none'; frame-ancestors 'none'"
_PAGE_POLICY = "frame-ancestors 'none'"  # a page brings its own policy along


@dataclass(frozen=True)
class GateRules:
    """Who may pass.

    Attributes:
        tokens: Tokens of the service.
        hosts: Names, in lower case, by which the service may be asked. Another name means that a
            foreign page made the browser ask (DNS rebinding).
        audit: Where requests are noted.
        metrics: Where they are counted.
        body_timeout_s: Longest time that a body may take to arrive.
    """

    tokens: ServiceTokens
    hosts: Collection[str]
    audit: AuditLog
    metrics: ServiceMetrics
    body_timeout_s: float


def wants_page(headers: Headers) -> bool:
    """Whether a browser asks for a page, not a program for data."""
    return "text/html" in headers.get("accept", "")


class Gate:
    """ASGI middleware around the whole application.

    Args:
        application: The application.
        rules: Who may pass.
    """

    def __init__(self, application: ASGIApp, rules: GateRules) -> None:
        self._application, self._rules = application, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it."""
        if scope["type"] != "http":  # no route speaks WebSocket
            await self._application(scope, receive, send)
            return
        start_s, headers = time.perf_counter(), Headers(scope=scope)
        who = self._rules.tokens.who(headers.get("authorization", ""))
        scope.setdefault("state", {})["who"] = who or "nobody"

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(scope, message)
                self._count(scope, message["status"], time.perf_counter() - start_s)
                self._note(scope, message["status"])
            await send(message)

        refusal = self._refusal(scope, headers, who)
        if refusal is None and not _is_upload(scope):
            try:
                receive = await _received(receive, self._rules.body_timeout_s)
            except Refusal as slow:
                refusal = slow
        if refusal is None:
            await self._application(scope, receive, answer)
        else:
            more = {"WWW-Authenticate": 'Bearer realm="Lungline"'} if refusal.status == 401 else {}
            await problem_response(refusal.status, refusal, more)(scope, receive, answer)

    def _refusal(self, scope: Scope, headers: Headers, who: str | None) -> Refusal | None:
        """Why a request may not pass, or None."""
        host = headers.get("host", "")
        if _name_of(host) not in self._rules.hosts:
            rule, step = "the service is asked by its own name", "use the address that it printed"
            return Refusal(421, rule, found="another name", next_step=step)
        origin = headers.get("origin")
        if scope["method"] not in _SAFE_METHODS and origin not in (None, _origin(scope, host)):
            rule, step = "only the service's own page may change something", "use that page"
            return Refusal(403, rule, found="a page of another place", next_step=step)
        if who is None and not _is_public(scope, headers):
            rule, step = "a request has a token of this service", "send Authorization: Bearer TOKEN"
            return Refusal(401, rule, found="none, or an unknown one", next_step=step)
        return _of_body(scope, headers)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if route != "other" else "other"  # a caller may invent methods
        self._rules.metrics.requests.labels(method, route, str(status)).inc()
        self._rules.metrics.request_seconds.labels(route).observe(seconds)

    def _note(self, scope: Scope, status: int) -> None:
        """Write to the audit log. A full disk must not keep a reader from a film."""
        what, state = f"{scope['method']} {_route(scope)}", scope["state"]
        try:
            if status in (401, 403, 421):
                self._rules.audit.write_refusal(f"a request refused with {status}", status)
            elif _route(scope) not in (*_UNLOGGED, "other"):
                films = state.get("films") or [scope.get("path_params", {}).get("image_id")]
                for film in films:
                    self._rules.audit.write(state["who"], what, film, status)
        except OSError as error:
            logging.getLogger(__name__).error("the audit log cannot be written: %s", error)


def _of_body(scope: Scope, headers: Headers) -> Refusal | None:
    """Why a body is not read. The route of the films has limits of its own; others read it whole.

    The server reads no more than Content-Length says.
    """
    if _is_upload(scope):
        return None
    rule = f"a body that is no film has at most {_MAX_SMALL_BODY} bytes, and says how many"
    if "transfer-encoding" in headers:
        step = "send it with Content-Length"
        return Refusal(411, rule, found="Transfer-Encoding", next_step=step)
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > _MAX_SMALL_BODY:
        return Refusal(413, rule, found="more", next_step="send less, or films by POST /films")
    return None


def _is_upload(scope: Scope) -> bool:
    """Whether the route reads the body itself, within limits for films."""
    return (scope["method"], scope["path"]) == ("POST", "/films")


async def _received(receive: Receive, timeout_s: float) -> Receive:
    """Read a small body before its route does, in time; give what the route receives instead."""
    messages = iter(await read_small(receive, timeout_s))

    async def again() -> Message:
        message = next(messages, None)
        return await receive() if message is None else message

    return again


def _is_public(scope: Scope, headers: Headers) -> bool:
    """The page without films, and whether the service is well: nothing about anybody."""
    if scope["method"] != "GET":
        return False
    path = scope["path"]
    return path in ("/", "/health") or (path == "/worklist" and wants_page(headers))


def _add_headers(scope: Scope, message: Message) -> None:
    headers = MutableHeaders(raw=message["headers"])
    for name, value in _SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    is_page = headers.get("content-type", "").startswith("text/html")
    headers["Content-Security-Policy"] = _PAGE_POLICY if is_page else _NOTHING_LOADS
    if message["status"] >= 400 and scope["method"] not in _SAFE_METHODS:
        headers["Connection"] = "close"  # what is left of the body is not read


def _name_of(host: str) -> str:
    """Name in a header `Host`, in lower case, without the port; "" if it has no form.

    Example:
        >>> _name_of("Localhost:80"), _name_of("[::1]"), _name_of("evil.example@localhost")
        ('localhost', '::1', '')
    """
    form = _HOST.fullmatch(host)
    return (form["address"] or form["name"]).lower() if form else ""


def _origin(scope: Scope, host: str) -> str:
    return f"{scope['scheme']}://{host}"


def _route(scope: Scope) -> str:
    """Form of the route, such as `/films/{image_id}`; a caller cannot invent new ones."""
    route: Any = scope.get("route")
    return getattr(route, "path", "other")
