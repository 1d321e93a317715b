"""The network and the working folder of the services that these tests start."""

from pathlib import Path

import pytest

from tests.service_clients import write_params
from tests.small_onnx import small_onnx


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_onnx(tmp_path_factory.mktemp("network"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_params(tmp_path, max_megabytes=8, max_waiting=200, body_timeout_s=3.0)
    return tmp_path
