"""schemathesis asks the running service for everything that its own description allows."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.service_clients import TOKEN, running_service


@pytest.mark.slow
def test_no_request_within_or_beside_the_description_breaks_the_service(folder, network) -> None:
    program = Path(sys.executable).with_name("st")
    with running_service(folder, network) as (process, address):
        ended = subprocess.run(
            [
                *(program, "run", f"{address}/openapi.json", "--no-color"),
                *("--header", f"Authorization: Bearer {TOKEN}"),
                # all but one: random bytes are no zip, and a comment of control signs is refused
                *("--checks", "all", "--exclude-checks", "positive_data_acceptance"),
                *("--max-examples", "15", "--seed", "1", "--generation-database", "none"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert process.poll() is None
    assert ended.returncode == 0, ended.stdout[-5000:]
    assert "Tested: 13" in ended.stdout
