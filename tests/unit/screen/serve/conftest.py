"""The network and a client that the tests of the service share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service_clients import AppClient, open_client
from tests.small_onnx import small_onnx


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_onnx(tmp_path_factory.mktemp("network"))


@pytest.fixture
def client(tmp_path: Path, network: Path) -> Iterator[AppClient]:
    with open_client(tmp_path / "state", network) as opened:
        yield opened
