"""The program without a Prefect server: Ctrl-C in a terminal, SIGKILL, no network, read-only."""

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.flows.flow_runs import PROJECT_ROOT, command_line, is_alive
from tests.flows.kills import processes_of

PROMISED_S = 5.0


def without_server():
    return {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_API")}


def wait_for(path, text=""):
    deadline_s = time.monotonic() + 60
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@pytest.mark.parametrize("ignores", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_ctrl_c_in_a_terminal_ends_in_five_seconds_with_130(project, ignores):
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if ignores else ""
    project.order(
        "prepare", code + "pathlib.Path('pid').write_text(f'{os.getpid()} '); time.sleep(99)"
    )
    master, slave = pty.openpty()
    # In a session of its own with this terminal, so that ^C reaches the whole foreground group
    flow = subprocess.Popen(
        ["setsid", "--ctty", *command_line("--root", project.root)],
        cwd=PROJECT_ROOT,
        env=without_server(),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    wait_for(project.root / "pid", " ")
    began_s = time.monotonic()
    os.write(master, b"\x03")
    shown = read_all(master)
    assert flow.wait(30) == 130
    assert time.monotonic() - began_s < PROMISED_S
    os.close(master)
    assert "stopped; finished stages are kept" in shown
    assert "Traceback" not in shown
    assert not is_alive((project.root / "pid").read_text().strip())
    assert processes_of(project) == {}


def read_all(master):
    """Read a terminal until its last process has ended."""
    shown = b""
    while True:
        try:
            shown += os.read(master, 4096)
        except OSError:  # nobody writes to it any more
            return shown.decode()


def test_a_killed_flow_leaves_nothing_but_its_stage_which_ends(project):
    project.order("prepare", "pathlib.Path('pid').write_text(f'{os.getpid()} '); time.sleep(1)")
    flow = subprocess.Popen(
        command_line("--root", project.root),
        cwd=PROJECT_ROOT,
        env=without_server(),
        stderr=subprocess.DEVNULL,
    )
    wait_for(project.root / "pid", " ")
    flow.send_signal(signal.SIGKILL)
    flow.wait()
    deadline_s = time.monotonic() + 30
    while processes_of(project):
        assert time.monotonic() < deadline_s, processes_of(project)
        time.sleep(0.1)
    assert project.n_runs() == {"prepare": 1}
    assert "prepared.txt" in (project.root / "dvc.lock").read_text()  # the work is not lost


def test_the_program_needs_no_prefect_and_no_network(project):
    """`unshare` gives it a network without any device, not even the loopback."""
    command = command_line("--root", project.root, "--target", "prepare")
    here = ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*here, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow namespaces")
    done = subprocess.run(
        [*here, *command],
        cwd=PROJECT_ROOT,
        env=without_server() | {"PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "prepare      ran" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "dvc" in loaded
    assert "prefect" not in loaded


def test_a_read_only_clone_gives_one_error_and_exit_code_2(project):
    root = project.root
    script = f'mount --bind {root} {root} && mount -o remount,ro,bind {root} && exec "$@"'
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow namespaces")
    done = subprocess.run(
        [*command, *command_line("--root", root)],
        cwd=PROJECT_ROOT,
        env=without_server(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("ERROR: ")
    assert str(root) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "asks"),
    [
        ("prefect.toml", "", True),
        ("pyproject.toml", "[tool.ruff]\n", False),
        ("pyproject.toml", "[tool.prefect]\n", True),
        (".env", "PREFECT_API_URL=http://x/api\n", True),
        ("profiles.toml", 'active = "default"\n', False),
        ("profiles.toml", 'PREFECT_API_URL = "http://x/api"\n', True),
    ],
)
def test_prefect_is_asked_only_where_a_file_may_name_a_server(
    monkeypatch, tmp_path, name, text, asks
):
    from flows.retrain import server_address

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_PROFILES_PATH", raising=False)
    assert not server_address.may_be_set()
    Path(name).write_text(text)
    assert server_address.may_be_set() is asks
