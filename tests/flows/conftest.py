"""Fixtures for the flow: DVC projects in `tmp_path` and one Prefect server for each session."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.tiny_project import Project, make_tiny_project
from tests.git_repository import AUTHOR

LIBRARY_WARNINGS = [
    "ignore:_NoneStep.value will soon raise:DeprecationWarning",  # pygtrie, used by DVC
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore warnings that DVC and Prefect cause in their own libraries."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            for rule in LIBRARY_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(rule))


@pytest.fixture(scope="module")
def author() -> Iterator[None]:
    """Commit and tag as an invented author."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in AUTHOR.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session", autouse=True)
def hermetic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the settings and caches of the machine, and switch off telemetry."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(("PREFECT_", "DVC_"))]:
            patch.delenv(name)
        for name in ("SITE_CACHE_DIR", "GLOBAL_CONFIG_DIR", "SYSTEM_CONFIG_DIR"):
            patch.setenv(f"DVC_{name}", str(home / name.lower()))
        patch.setenv("DVC_NO_ANALYTICS", "1")
        patch.setenv("DO_NOT_TRACK", "1")
        patch.setenv("PREFECT_HOME", str(home / "prefect"))
        patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        yield


@pytest.fixture(scope="session")
def prefect_api(hermetic: None) -> Iterator[str]:  # noqa: ARG001 - its settings must come first
    """Address of a real Prefect server that runs for the whole session."""
    import flows  # noqa: F401, I001 - it sets the defaults that Prefect reads on import
    from prefect.settings import (
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        get_current_settings,
        temporary_settings,
    )
    from prefect.testing.utilities import prefect_test_harness

    # Joining the heartbeat thread costs 0.9 s for each run
    no_heartbeat = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with (
        own_draws_of_keepalive(),
        prefect_test_harness(server_startup_timeout=120),
        temporary_settings(no_heartbeat),
    ):
        yield str(get_current_settings().api.url)


@contextmanager
def own_draws_of_keepalive() -> Iterator[None]:
    """Keep the thread of Prefect's events from drawing out of the generator of `random`.

    It stays open after the test, and draws the bytes of its pings. Keras seeds the same generator
    and then draws the weights of a network: a ping between them changes the weights.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("websockets.asyncio.connection.random", random.Random())
        yield


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path], Project]:
    """Return a function that makes a new project in a folder."""
    return make_tiny_project


@pytest.fixture
def project(tmp_path: Path, make_project: Callable[[Path], Project]) -> Project:
    """A new project in which no stage has run."""
    return make_project(tmp_path / "project")
