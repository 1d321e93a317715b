"""The command line of the flow: help, errors and exit codes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest

from flows.dag import FlowError
from tests.flows.flow_runs import PROJECT_ROOT, command_line


def test_help_imports_neither_prefect_nor_dvc():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "flows.retrain", "--help"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--target" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "argparse" in loaded
    assert not loaded & {"prefect", "dvc"}


@pytest.fixture
def main():
    """Main function of the program; the handler of SIGTERM is restored afterwards."""
    from flows.retrain.__main__ import main

    before = signal.getsignal(signal.SIGTERM)
    yield main
    signal.signal(signal.SIGTERM, before)


def test_a_flow_that_cannot_start_gives_one_error_and_exit_code_2(main, tmp_path, project, capsys):
    assert main(["--root", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("ERROR: The flow needs a DVC project.")
    assert main(["--root", str(project.root), "--target", "trian"]) == 2
    assert "found: 'trian'" in capsys.readouterr().err
    (project.root / "dvc.yaml").write_text("stages: [")
    assert main(["--root", str(project.root)]) == 2
    assert "dvc.yaml" in capsys.readouterr().err


def test_a_server_that_does_not_answer_gives_one_error_and_exit_code_2(main, project, capsys):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert main(["--root", str(project.root)]) == 2
    assert "where: http://127.0.0.1:9/api" in capsys.readouterr().err


def test_the_former_option_names_the_program_that_replaced_it(main, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["--serve-cron", "0 2 * * *"])
    assert 'python -m flows.serve --cron "0 2 * * *"' in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["0", "-1", "two"])
def test_fewer_than_one_worker_is_refused(main, workers, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([f"--max-workers={workers}"])
    assert "whole number from 1 up" in capsys.readouterr().err


def test_environment_variables_of_the_user_are_kept():
    names = "DO_NOT_TRACK", "DVC_NO_ANALYTICS"
    code = f"import flows.retrain, os; print(*(os.environ[name] for name in {names}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT_ROOT,
        env={**os.environ, "DO_NOT_TRACK": "yes"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["yes", "1"]


def flow_of(project, **variables):
    """Run the program in its own process; PREFECT_API_URL is not set."""
    kept = {name: text for name, text in os.environ.items() if name != "PREFECT_API_URL"}
    return subprocess.run(
        command_line("--root", project.root),
        cwd=PROJECT_ROOT,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_dead_server_of_a_profile_is_named_with_the_profile(project, tmp_path):
    (tmp_path / "profiles.toml").write_text(
        'active = "office"\n[profiles.office]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n'
    )
    done = flow_of(project, PREFECT_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "http://127.0.0.1:9/api, from the Prefect profile 'office'" in done.stderr
    assert "`prefect config unset PREFECT_API_URL`" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_without_api_is_told_with_the_right_one(project, prefect_api):
    pages = prefect_api.removesuffix("/api")
    done = flow_of(project, PREFECT_API_URL=pages)
    assert done.returncode == 2
    assert f"write {pages}/api." in done.stderr


def test_a_server_that_takes_the_call_and_never_answers_is_given_up(monkeypatch):
    from prefect.settings import PREFECT_API_REQUEST_TIMEOUT, PREFECT_API_URL, temporary_settings

    from flows.retrain import prefect_server

    assert prefect_server.IMPATIENT[PREFECT_API_REQUEST_TIMEOUT] <= 10
    monkeypatch.setitem(prefect_server.IMPATIENT, PREFECT_API_REQUEST_TIMEOUT, 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/api"
        monkeypatch.setenv("PREFECT_API_URL", url)
        start_s = time.monotonic()
        with (
            temporary_settings({PREFECT_API_URL: url}),
            pytest.raises(FlowError, match=r"environment variable(.|\n)*`unset PREFECT_API_URL`"),
        ):
            prefect_server.require_server()
    assert time.monotonic() - start_s < 10


def test_a_project_without_git_or_dvc_says_what_to_type(main, project, capsys):
    (project.root / ".git").rename(project.root / "was_git")
    assert main(["--root", str(project.root)]) == 2
    assert "git init && git add --all && git commit" in capsys.readouterr().err
    (project.root / ".dvc").rename(project.root / "was_dvc")
    assert main(["--root", str(project.root)]) == 2
    assert "`git checkout .dvc` restores it" in capsys.readouterr().err


def test_a_project_that_dvc_cannot_write_gives_one_error(main, project, capsys):
    shutil.rmtree(project.root / ".dvc/tmp", ignore_errors=True)
    (project.root / ".dvc/tmp").write_text("a file where DVC makes a folder")
    assert main(["--root", str(project.root)]) == 2
    assert ".dvc/tmp" in capsys.readouterr().err


def test_make_says_what_to_type_without_git_or_dvc(tmp_path):
    shutil.copy(PROJECT_ROOT / "Makefile", tmp_path)
    for target in ("run", "phantom", "clean"):
        done = make(tmp_path, target)
        assert done.returncode != 0
        assert "git init && git add --all && git commit" in done.stderr
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    assert "git checkout .dvc" in make(tmp_path, "run").stderr


def make(folder, target):
    command = ["make", target, "READY="]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
