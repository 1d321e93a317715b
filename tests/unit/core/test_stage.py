"""A stage ends with an exit code and one message, and it ends with its parent process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.films import ROOT, run_stage, stage_environment

PROGRAM = '''
"""Stage `demo`: ends in a given way.

Reads       nothing
"""
import errno, logging, os, signal, sys, time
from tasks.core import stage
from tasks.core.errors import SourceError

def main(arguments):
    {body}

if __name__ == "__main__":
    stage.run("demo", __doc__, main{options})
'''


def program(body: str, options: str = "") -> list[str]:
    return [sys.executable, "-c", PROGRAM.format(body=body, options=options)]


def ended(
    body: str, *arguments: str, options: str = "", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program(body, options), *arguments],
        cwd=cwd,
        env=stage_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_success_is_exit_code_0_and_logs_to_stderr() -> None:
    end = ended("logging.getLogger(__name__).info('3 films')")
    assert (end.returncode, end.stdout, end.stderr) == (0, "", "[demo] 3 films\n")


def test_a_program_has_arguments_of_its_own() -> None:
    code = PROGRAM.format(body="logging.getLogger(__name__).info(arguments.films)", options="")
    code = code.replace("stage.run(", "stage.run_program(")
    add = "lambda parser: parser.add_argument('films', nargs='+')"
    code = code.replace(", main)", f", main, {add})")
    end = subprocess.run(
        [sys.executable, "-c", code, "a", "b"],
        env=stage_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (end.returncode, end.stderr) == (0, "[demo] ['a', 'b']\n")


def test_only_warnings_of_libraries_are_shown() -> None:
    end = ended("[logging.getLogger('dvc').log(level, 'level %d', level) for level in (20, 30)]")
    assert end.stderr == "[demo] level 30\n"


def test_a_broken_rule_is_exit_code_1_and_one_message_without_a_traceback() -> None:
    end = ended("raise SourceError('a rule', found='x', where='here', next_step='repair it')")
    assert end.returncode == 1
    assert end.stderr == ("[demo] ERROR: a rule\n  found: x\n  where: here\n  next:  repair it\n")


@pytest.mark.parametrize(
    ("body", "found", "where"),
    [
        ("open('/no/such/file')", "No such file or directory", "/no/such/file"),
        ("raise OSError(errno.ENOSPC, 'No space left on device')", "No space left", "df -h"),
    ],
)
def test_an_error_of_the_system_has_all_four_parts(body: str, found: str, where: str) -> None:
    end = ended(body)
    assert end.returncode == 1
    lines = end.stderr.splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["found", "where", "next"]
    assert lines[0].startswith("[demo] ERROR: ")
    assert found in lines[1]
    assert where in lines[2]


def test_half_a_json_file_has_all_four_parts_and_its_first_signs() -> None:
    end = ended('import json; json.loads("[0.9, ")')
    assert end.returncode == 1
    lines = end.stderr.splitlines()
    assert lines[0] == "[demo] ERROR: a JSON file that a stage reads must be complete"
    assert lines[1].endswith("the file begins [0.9, ")
    assert "python -m tasks.demo --help" in lines[2]
    assert "dvc repro" in lines[3]


def test_an_unexpected_error_shows_its_traceback() -> None:
    end = ended("{}['x']")
    assert end.returncode == 1
    assert "Traceback" in end.stderr
    assert end.stderr.endswith("KeyError: 'x'\n")


def test_an_interrupt_is_exit_code_130_without_a_traceback() -> None:
    end = ended("os.kill(os.getpid(), signal.SIGINT); time.sleep(9)")
    assert end.returncode == 130
    assert end.stderr == "[demo] interrupted; no half-written file is left\n"


def test_help_prints_the_module_docstring() -> None:
    end = ended("pass", "--help")
    assert end.returncode == 0
    assert end.stdout.startswith("usage: python -m tasks.demo [-h]")
    assert "Reads       nothing" in end.stdout


def test_a_model_stage_needs_a_model() -> None:
    missing = ended("pass", options=", per_model=True")
    assert missing.returncode == 2
    assert "--model" in missing.stderr
    given = ended("sys.exit(arguments.model)", "--model", "mini", options=", per_model=True")
    assert given.stderr == "mini\n"


def test_an_unknown_argument_is_exit_code_2() -> None:
    assert ended("pass", "--fast").returncode == 2


@pytest.mark.parametrize("module", ["ingest", "ingest.check", "resample", "resize"])
def test_help_answers_within_two_seconds(tmp_path: Path, module: str) -> None:
    start_s = time.monotonic()
    end = run_stage(module, tmp_path, "--help")
    assert time.monotonic() - start_s < 2
    assert end.returncode == 0
    assert f"python -m tasks.{module}" in end.stdout


def test_the_stage_module_imports_the_standard_library_only() -> None:
    code = (
        "import sys; import tasks.core.stage; print(*{name.split('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "pandas", "pydantic", "yaml", "PIL", "pyarrow"} & set(loaded)


START_AND_WAIT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stderr=subprocess.DEVNULL)
print(child.pid, flush=True)
time.sleep(60)
"""


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(processes: list[int]) -> bool:
    end_s = time.monotonic() + 10
    while any(map(alive, processes)) and time.monotonic() < end_s:
        time.sleep(0.02)
    return not any(map(alive, processes))


@pytest.mark.skipif(sys.platform != "linux", reason="prctl exists on Linux only")
def test_killing_the_parent_ends_the_stage_and_its_workers(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    (tmp_path / "work.py").write_text(
        "import os, time\nfrom pathlib import Path\n"
        "def mark():\n    Path('marks', str(os.getpid())).touch()\n"
        "def snooze(_):\n    time.sleep(60)\n"
    )
    body = (
        "sys.path.insert(0, os.getcwd()); import work; "
        "from tasks.core.compute.parallel import map_in_order; "
        "from tests.films import on_workers; "
        "work.mark(); list(map_in_order(work.snooze, range(90), unit='films', setup=work.mark, "
        "setup_args=(), compute=on_workers(2)))"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, *program(body)],
        cwd=tmp_path,
        env=stage_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        stage = int(parent.stdout.readline())
        end_s = time.monotonic() + 20
        while len(list(marks.iterdir())) < 3 and time.monotonic() < end_s:
            time.sleep(0.02)
        processes = sorted(int(mark.name) for mark in marks.iterdir())
        assert len(processes) == 3
        assert stage in processes
        assert all(map(alive, processes))
        os.kill(parent.pid, signal.SIGKILL)
        assert wait_until_gone(processes)


@pytest.mark.skipif(not hasattr(signal, "SIGINT"), reason="no signals")
def test_an_interrupt_to_the_whole_group_leaves_one_message(tmp_path: Path) -> None:
    body = (
        "from tasks.core.compute.parallel import map_in_order; from tests.films import on_workers; "
        "print('on', flush=True); "
        "list(map_in_order(time.sleep, [0.02] * 5000, unit='films', setup=int, setup_args=(), "
        "compute=on_workers(2)))"
    )
    stage = subprocess.Popen(
        program(body),
        cwd=tmp_path,
        env=stage_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with stage:
        assert stage.stdout is not None
        assert stage.stderr is not None
        stage.stdout.readline()
        time.sleep(0.3)
        start_s = time.monotonic()
        os.killpg(stage.pid, signal.SIGINT)
        said = stage.stderr.read()
        assert stage.wait(30) == 130
        took_s = time.monotonic() - start_s
    assert said == "[demo] interrupted; no half-written file is left\n"
    assert took_s < 5
