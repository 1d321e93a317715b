"""The Prefect server on a real PostgreSQL, in place of SQLite."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.flows.prefect_processes import free_port, prefect_server

OTHER_USER = "nobody"  # `initdb` refuses root


def program(name):
    """Path of a program of PostgreSQL; Debian keeps it out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (program("initdb") and program("pg_ctl")), reason="PostgreSQL is not installed"
    ),
]


def as_user(*command):
    """The command, run as another user if this one is root."""
    if os.geteuid() == 0:
        return ["setpriv", f"--reuid={OTHER_USER}", "--clear-groups", *map(str, command)]
    return list(map(str, command))


@contextmanager
def postgres():
    """A server of its own on a free port; yields its address without a protocol."""
    port = free_port()
    with TemporaryDirectory() as folder:  # not below `tmp_path`, which another user cannot reach
        if os.geteuid() == 0:
            shutil.chown(folder, OTHER_USER)
        data, log = f"{folder}/data", f"{folder}/log"
        call(program("initdb"), "-D", data, "-U", "prefect", "-A", "trust")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        call(program("pg_ctl"), "-D", data, "-w", "-l", log, "-o", options, "start")
        try:
            yield f"prefect@127.0.0.1:{port}"
        finally:
            call(program("pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop")


def call(*command):
    """Run a program of PostgreSQL; no pipe, because the server would keep it open."""
    quiet = subprocess.DEVNULL
    subprocess.run(as_user(*command), cwd="/", stdout=quiet, stderr=quiet, check=True)


def test_an_event_starts_a_run_and_the_run_is_in_postgres(project, tmp_path):
    with postgres() as address:
        query(address, "CREATE DATABASE films", "postgres")
        url = f"postgresql+asyncpg://{address}/films"
        with prefect_server(tmp_path, PREFECT_SERVER_DATABASE_CONNECTION_URL=url) as server:
            command = ("flows.serve", "--in-place", "--root", project.root, "--name", "films")
            with server.program("serve", *command, "--cron", "0 2 * * *") as serve:
                serve.says("serving retrain/films")
                event = ("lungline.retrain.requested", "--resource-id", "lungline.project.films")
                assert server.ends("prefect", "event", "emit", *event).returncode == 0
                serve.wait_for(lambda: server.runs("COMPLETED"), 120)
                rows = query(address, "SELECT state_type, auto_scheduled FROM flow_run")
    assert {tuple(row) for row in rows} == {("COMPLETED", False), ("SCHEDULED", True)}
    assert not list((tmp_path / "prefect").glob("prefect.db*"))


def query(address, statement, database="films"):
    """Rows of a statement."""
    import asyncio

    import asyncpg

    async def ask():
        connection = await asyncpg.connect(f"postgresql://{address}/{database}")
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())
