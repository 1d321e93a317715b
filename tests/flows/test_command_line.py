"""The command line of the flow: help, errors and exit codes."""

import os
import signal
import subprocess
import sys

import pytest

from tests.flows.flow_runs import PROJECT_ROOT

pytestmark = pytest.mark.usefixtures("prefect_api")


def test_help_imports_neither_prefect_nor_dvc():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "flows.retrain", "--help"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--serve-cron" in done.stdout
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
    assert main(["--root", str(project.root), "--serve-cron", "at noon"]) == 2
    assert "five cron fields" in capsys.readouterr().err
    (project.root / "dvc.yaml").write_text("stages: [")
    assert main(["--root", str(project.root)]) == 2
    assert "dvc.yaml" in capsys.readouterr().err


def test_a_server_that_does_not_answer_gives_one_error_and_exit_code_2(main, project, capsys):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert main(["--root", str(project.root)]) == 2
    assert "where: http://127.0.0.1:9/api" in capsys.readouterr().err


def test_a_schedule_needs_a_permanent_server(main, project, capsys):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert main(["--root", str(project.root), "--serve-cron", "0 2 * * *"]) == 2
    assert "prefect server start" in capsys.readouterr().err


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
