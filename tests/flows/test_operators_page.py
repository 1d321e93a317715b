"""The commands of the operators' page: those that end run, the others are programs that exist."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.prefect_processes import PROJECT_ROOT, prefect_server

PAGE = (PROJECT_ROOT / "flows/README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|bash)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
RUN_HERE = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
RUN_FOR_GOOD = [line for kind, block in BLOCKS if kind == "bash" for line in block.splitlines()]
N_WORDS = {
    "deploy --all": 2,
    "server database": 4,
}  # of the name of a program of Prefect; most have 3
IN_TEXT = re.findall(r"`((?:python -m|prefect|dvc|git|systemctl) [^`]+)`", PAGE)


def without_settings(line):
    """The words of a command, without `NAME=value` before it."""
    words = shlex.split(line)
    while re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    return words


def programs():
    """Each program of the page with its options, as the words before them and the options."""
    found = {}
    for line in [*RUN_HERE, *RUN_FOR_GOOD, *IN_TEXT]:
        words = without_settings(line)
        if words[0] == "python" and words[1] == "-m":
            program = tuple(words[:3])
        elif words[0] == "prefect":
            plain = [word for word in words if word != "--no-prompt"]
            program = tuple(plain[: N_WORDS.get(" ".join(plain[1:3]), 3)])
        else:
            continue
        options = {word for word in words[len(program) :] if word.startswith("--")}
        found.setdefault(program, set()).update(options - {"--no-prompt", "--help"})
    for program, options in sorted(found.items()):
        # The programs of Prefect take 3 s to say what they can
        is_slow = program[0] == "prefect"
        yield pytest.param(program, sorted(options), marks=[pytest.mark.slow] if is_slow else [])


@pytest.mark.parametrize(("program", "options"), list(programs()), ids=" ".join)
def test_a_program_of_the_page_has_these_options(program, options):
    command = [sys.executable, *(program[1:] if program[0] == "python" else ("-m", *program))]
    done = subprocess.run(
        [*command, "--help"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {option for option in options if option not in done.stdout} == set()


def test_units_and_files_of_the_page_exist():
    units = set(re.findall(r"lungline-\w+", PAGE)) - {"lungline-stages"}
    files = {path.stem for path in (PROJECT_ROOT / "flows/deploy/systemd").glob("*.service")}
    assert units == files
    for path in re.findall(r"(?:flows|reports)/[\w/.-]+\.(?:json|env|py)\b", PAGE):
        assert (PROJECT_ROOT / path).exists(), path


def test_the_events_of_the_page_are_those_of_the_code():
    from flows.triggers import events

    named = set(re.findall(r"`(lungline\.(?:data|drift|retrain)\.\w+)`", PAGE))
    assert named == {events.DATA_CHANGED, events.RETRAIN_REQUESTED, events.DRIFT_FOUND}


@pytest.mark.slow
def test_commands_of_the_page_run(project, tmp_path):
    for package in ("flows", "tasks", "prefect.yaml"):  # a clone has them
        (project.root / package).symlink_to(PROJECT_ROOT / package)
    project.dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    names = {"LUNGLINE_NAME": "films", "LUNGLINE_ROOT": str(project.root)}
    (project.root / "inbox").mkdir()
    watched = [f"{line} inbox" if "flows.triggers" in line else line for line in RUN_HERE]
    deploy_first = sorted(
        watched, key=lambda line: "work-pool" not in line and " deploy " not in line
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with prefect_server(tmp_path, PATH=path, **names) as server:
        for line in deploy_first:
            done = subprocess.run(
                ["bash", "-euc", line],
                cwd=project.root,
                env=server.env,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert len(deploy_first) >= 9
    assert (project.root / "prefect-backup.db").stat().st_size > 0
