"""Uvicorn around the application: the socket, the limits, and an end within seconds."""

import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Sequence
from http import HTTPStatus
from types import FrameType

import uvicorn

from tasks.core.errors import ScreeningError
from tasks.screen.serve.application import build_application
from tasks.screen.serve.connection_limits import PatienceProtocol
from tasks.screen.serve.request_gate import LOOPBACK_NAMES, GateRules
from tasks.screen.serve.service import Service
from tasks.screen.serve.service_tokens import ServiceTokens, is_loopback

_MAX_CONNECTIONS = 256
_MAX_HEADER_BYTES = 16 * 2**10
_REQUESTS_END_S = 1  # for open requests after Ctrl-C
_FILM_END_S = 2.0  # then for the film in hand
_WHOLE_END_S = 4.0  # then the program ends in the middle: what it accepted is on the disk
_INTERRUPTED = 130  # exit code after Ctrl-C


def host_names(host: str, further: Sequence[str]) -> frozenset[str]:
    """Names by which the service may be asked, in lower case.

    Args:
        host: Address to listen on.
        further: `screen.service.host_names`.

    Raises:
        ScreeningError: The address stands for all of the machine, and no name was given.
    """
    if not is_loopback(host) and _is_any(host) and not further:
        raise ScreeningError(
            "a service on every address of the machine knows the names by which it is called",
            found="no name in screen.service.host_names",
            where=f"--host {host}",
            next_step="list the names and addresses that browsers use there",
        )
    return frozenset(name.lower() for name in (*LOOPBACK_NAMES, host, *further))


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Open the port before the network is loaded, so that a taken one is told at once.

    Raises:
        ScreeningError: The port is taken or not allowed, or the host is none of this machine.
    """
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128
        )
    except OSError as error:
        raise ScreeningError(
            "the service must be able to listen on its address",
            found=str(error.strerror or error),
            where=f"--host {host} --port {port}",
            next_step="stop the other program, or choose another --port",
        ) from error


def run_server(
    service: Service, tokens: ServiceTokens, hosts: frozenset[str], place: socket.socket
) -> None:
    """Serve until a signal; Ctrl-C then arrives as KeyboardInterrupt.

    Args:
        service: The parts that the routes use.
        tokens: Tokens of the service.
        hosts: From `host_names`.
        place: From `listen`.
    """
    server = _Server(_config(service, tokens, hosts))
    service.worker.start()
    service.audit.write("service", "start", status=HTTPStatus.OK)
    try:
        server.run(sockets=[place])
    finally:
        service.worker.stop(_FILM_END_S)
        service.audit.write("service", "stop")
        service.close()


class _Server(uvicorn.Server):
    """A server that ends within _WHOLE_END_S, also when a thread of a request does not."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle a signal, and see to the end."""
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # traces of requests that it ends
        watch = threading.Timer(_WHOLE_END_S, _end_now)
        watch.daemon = True
        watch.start()
        super().handle_exit(sig, frame)


def _end_now() -> None:
    logging.getLogger(__name__).warning("a request did not end; films that were accepted are kept")
    os._exit(_INTERRUPTED)


def _config(service: Service, tokens: ServiceTokens, hosts: frozenset[str]) -> uvicorn.Config:
    rules = GateRules(tokens, hosts, service.audit, service.metrics, service.bodies.timeout_s)
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # a scanner would fill the log
    return uvicorn.Config(
        build_application(service, rules),
        http=PatienceProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MAX_CONNECTIONS,
        h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
        timeout_graceful_shutdown=_REQUESTS_END_S,
    )
