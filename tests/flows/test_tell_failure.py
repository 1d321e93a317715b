"""A webhook hears of a failed run; a dead one never fails the run."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from flows.retrain.in_terminal import run_in_terminal
from flows.tell_failure import WEBHOOK, tell_failure


@pytest.fixture
def received(monkeypatch):
    """Bodies that a real HTTP server gets; LUNGLINE_WEBHOOK names it."""
    bodies = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            kind = self.headers["Content-Type"]
            text = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append((kind, json.loads(text)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv(WEBHOOK, f"http://127.0.0.1:{server.server_port}/hook/s3cret")
    yield bodies
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_failed_run_is_posted_with_its_reason(received, project):
    project.order("prepare", "print('no films'); sys.exit(3)")
    result = run_in_terminal(project.root, None, 2)
    assert len(result.failures) == 1
    ((kind, body),) = received
    assert kind == "application/json"
    assert body["state"] == "Failed"
    assert body["text"].startswith(f"retrain Failed: in {project.root}\n")
    assert "prepare failed: exited with 3" in body["message"]


def test_a_run_that_succeeds_is_not_posted(received, project):
    assert run_in_terminal(project.root, "raw.txt.dvc", 1).failures == []
    assert received == []


@pytest.mark.usefixtures("prefect_api")
def test_a_failed_run_on_a_server_is_posted_with_its_page(received, project):
    from tests.flows.flow_runs import run_flow

    project.order("prepare", "sys.exit(3)")
    assert run_flow(project, target="prepare").is_failed()
    ((_, body),) = received
    assert body["state"] == "Failed"
    assert "prepare failed: exited with 3" in body["message"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/s3cret", "nonsense-s3cret"])
def test_a_dead_webhook_is_one_warning_without_its_address(monkeypatch, address):
    monkeypatch.setenv(WEBHOOK, address)
    warnings: list[str] = []
    tell_failure("run", "Failed", "why", warnings.append)
    (warning,) = warnings
    assert "was not told" in warning
    assert "s3cret" not in warning


def test_without_a_webhook_nothing_is_sent(monkeypatch):
    monkeypatch.delenv(WEBHOOK, raising=False)
    warnings: list[str] = []
    tell_failure("run", "Failed", "why", warnings.append)
    assert warnings == []
