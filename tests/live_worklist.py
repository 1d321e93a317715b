"""A service on loopback with the live worklist, in this process; a test scores its films."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from tasks.core.network.engine import Engine
from tasks.core.network.onnx_network import load_network
from tasks.core.params.screening import ServiceParams
from tasks.screen.serve.application import build_application
from tasks.screen.serve.request_gate import LOOPBACK_NAMES, GateRules
from tasks.screen.serve.service import Service, open_service
from tasks.screen.serve.service_tokens import ServiceTokens
from tasks.screen.worklist import facts_of
from tasks.screen.worklist_page import render_worklist
from tests.service_clients import LIMITS, TOKEN

PATIENCE_S = 20.0


@dataclass(frozen=True)
class LiveWorklist:
    """A running service and its address."""

    service: Service
    address: str

    def add(self, data: bytes, name: str) -> str:
        """Take a film in and score it."""
        image_id = self.service.queue.add(data, name, "http")
        while self.service.worker.score_one():
            pass
        return image_id


@contextmanager
def live_worklist(folder: Path, network: Path) -> Iterator[LiveWorklist]:
    """Serve the live page with a network until the block ends."""
    engine = Engine(load_network(network))
    page = render_worklist([], {}, facts_of(engine.network, "", is_live=True))
    service = open_service(folder, engine, page, ServiceParams(**LIMITS))
    with socket.create_server(("127.0.0.1", 0)) as place:
        server = uvicorn.Server(_config(service))
        thread = threading.Thread(target=server.run, args=([place],), daemon=True)
        thread.start()
        _wait_until(server)
        yield LiveWorklist(service, f"http://127.0.0.1:{place.getsockname()[1]}")
        server.should_exit = True
        thread.join(PATIENCE_S)
    service.close()


def _config(service: Service) -> uvicorn.Config:
    tokens = ServiceTokens({"ward-3": TOKEN})
    rules = GateRules(
        tokens, set(LOOPBACK_NAMES), service.audit, service.metrics, service.bodies.timeout_s
    )
    return uvicorn.Config(
        build_application(service, rules),
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )


def _wait_until(server: uvicorn.Server) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not server.started:
        assert time.monotonic() < end_s, "the service did not start"
        time.sleep(0.02)
