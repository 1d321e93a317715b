"""Kill runs at random moments; each must be followed by a run that ends like an undisturbed one.

A small DVC project runs through the flow or through `dvc repro`; after a random time one of its
processes gets SIGKILL (or the run gets SIGINT or SIGTERM). Then one run follows, by the flow or by
`dvc repro`. Its outputs and dvc.lock must be those of an undisturbed run, and no process of the
project may be left.

Run    python -m tests.flows.kills [N_KILLS] [SEED]      100 kills take about half an hour
"""

import hashlib
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.flows.flow_runs import PROJECT_ROOT, command_line
from tests.flows.tiny_project import Project, make_tiny_project, with_own_python

OUTPUTS = ("prepared.txt", "a.txt", "b.txt", "compared.txt")
STAGE_S = 0.6
LONGEST_RUN_S = 8.0  # kills fall into this time; a run that ended before was not disturbed
WAIT_S = 180.0

logger = logging.getLogger("kills")


@dataclass(frozen=True)
class Kill:
    """One kill.

    Attributes:
        runner: `flow` or `repro`: what is disturbed.
        victim: `run`: its own process; `stage`, `dvc`, `forks` (the program that forks DVC);
            `interrupt`, `terminate`: the run gets SIGINT or SIGTERM.
        after_s: Time from the start of the first stage, in seconds.
        next_runner: `flow` or `repro`: what runs afterwards.
    """

    runner: str
    victim: str
    after_s: float
    next_runner: str


def draw_kills(n_kills: int, seed: int) -> list[Kill]:
    """Draw the kills; every victim comes up equally often."""
    source = random.Random(seed)
    kinds = [("flow", victim) for victim in ("run", "stage", "dvc", "forks", "terminate")]
    kinds += [("flow", "interrupt"), ("repro", "run"), ("repro", "stage"), ("repro", "interrupt")]
    chosen = (kinds * (n_kills // len(kinds) + 1))[:n_kills]
    source.shuffle(chosen)
    return [
        Kill(*kind, source.uniform(0, 4 * STAGE_S), source.choice(["flow", "repro"]))
        for kind in chosen
    ]


def start(project: Project, runner: str) -> subprocess.Popen[bytes]:
    """Start a run in its own process group."""
    repro = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro"]
    command = command_line("--root", project.root) if runner == "flow" else repro
    kept = {k: v for k, v in with_own_python().items() if not k.startswith("PREFECT_")}
    with (project.root / "run.log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=PROJECT_ROOT if runner == "flow" else project.root,
            env=kept | {"PYTHONPATH": str(PROJECT_ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
        )


def processes_of(project: Project) -> dict[int, str]:
    """Return the living processes whose folder is the project: stages, DVC and its starter."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if (entry / "cwd").readlink() == project.root and command:
                    found[int(entry.name)] = command
            except OSError:  # it has ended
                continue
    return found


def victims(project: Project, kill: Kill, run: subprocess.Popen[bytes]) -> list[int]:
    """Return the process numbers that the kill may hit at this moment."""
    if kill.victim in ("run", "interrupt", "terminate"):
        return [run.pid]
    living = processes_of(project)
    if kill.victim == "stage":
        return [pid for pid, command in living.items() if " stage.py " in command]
    starters = {pid for pid, command in living.items() if "dvc_fork_server" in command}
    first = {pid for pid in starters if _parent(pid) not in starters}
    return sorted(first if kill.victim == "forks" else starters - first)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def disturb(project: Project, kill: Kill) -> bool:
    """Start a run and kill one of its processes; return whether there was one to kill."""
    run = start(project, kill.runner)
    deadline_s = time.monotonic() + WAIT_S
    while "prepare reads" not in _log(project):
        if run.poll() is not None or time.monotonic() > deadline_s:
            return False
        time.sleep(0.05)
    time.sleep(kill.after_s)
    deadline_s = time.monotonic() + LONGEST_RUN_S
    while not (found := victims(project, kill, run)) and time.monotonic() < deadline_s:
        if run.poll() is not None:
            return False
        time.sleep(0.1)
    number = {"interrupt": signal.SIGINT, "terminate": signal.SIGTERM}.get(
        kill.victim, signal.SIGKILL
    )
    hit = False
    for pid in found[:1]:
        hit = run.poll() is None
        try:
            if kill == Kill("repro", "interrupt", kill.after_s, kill.next_runner):
                os.killpg(pid, number)  # as a terminal does
            else:
                os.kill(pid, number)
        except ProcessLookupError:
            hit = False
    run.wait(WAIT_S)
    return hit


def results_of(project: Project) -> dict[str, str]:
    """Return the hash of each output, and what dvc.lock records, whatever its order."""
    found = {}
    for name in OUTPUTS:
        path = project.root / name
        text = path.read_bytes() if path.exists() else b"missing"
        found[name] = hashlib.sha256(text).hexdigest()
    lock = project.root / "dvc.lock"
    stages = yaml.safe_load(lock.read_text())["stages"] if lock.exists() else {}
    return found | {name: str(entry) for name, entry in sorted(stages.items())}


def new_project(root: Path) -> Project:
    """Copy a project whose stages take STAGE_S each."""
    template = root.parent / "template"
    if not template.exists():
        make_tiny_project(template)
    shutil.copytree(template, root, symlinks=True)
    project = Project(root)
    for stage in ("prepare", "train@a", "train@b", "compare"):
        project.order(stage, f"time.sleep({STAGE_S})")
    return project


def try_kill(root: Path, kill: Kill, expected: dict[str, str]) -> str:
    """Disturb a run, run again, and return what came out: `equal` or what is wrong."""
    project = new_project(root)
    if not disturb(project, kill):
        return "not hit"
    after = start(project, kill.next_runner)
    try:
        code = after.wait(WAIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(after.pid, signal.SIGKILL)
        return "the next run hangs"
    if code == 255 and kill.runner == kill.next_runner == "repro" and _rwlock_is_cut(project):
        # DVC's own defect (#6097); its message says to remove the file, and the flow does so
        (project.root / ".dvc/tmp/rwlock").unlink()
        code = start(project, "repro").wait(WAIT_S)
        return "equal, after `rm .dvc/tmp/rwlock`" if code == 0 else f"ends with {code}"
    if code == 255 and kill.next_runner == "repro" and "is busy" in _log(project):
        # The stage of a killed flow still runs, and DVC says so; it ends by itself
        while processes_of(project):
            time.sleep(0.1)
        code = start(project, "repro").wait(WAIT_S)
    if code != 0:
        return f"the next run ends with {code}"
    if left := processes_of(project):
        return f"left: {list(left.values())}"
    return "equal" if results_of(project) == expected else "other results"


def _rwlock_is_cut(project: Project) -> bool:
    return "RWLock-file" in _log(project)


def _log(project: Project) -> str:
    return (project.root / "run.log").read_text(errors="replace")


def undisturbed(root: Path) -> dict[str, str]:
    """Return the results of `dvc repro` in a project that nobody disturbs."""
    project = new_project(root)
    if start(project, "repro").wait(WAIT_S) != 0:
        raise AssertionError(_log(project))
    return results_of(project)


def run_kills(n_kills: int, seed: int, folder: Path) -> dict[tuple[str, str], Counter[str]]:
    """Try kills until `n_kills` have hit a process; count the results by runner and victim."""
    expected = undisturbed(folder / "undisturbed")
    counts: dict[tuple[str, str], Counter[str]] = {}
    n_hit = 0
    for number, kill in enumerate(draw_kills(3 * n_kills, seed)):
        result = try_kill(folder / str(number), kill, expected)
        shutil.rmtree(folder / str(number))
        n_hit += result != "not hit"
        counts.setdefault((kill.runner, kill.victim), Counter())[result] += 1
        logger.info("%3d %s: %s", n_hit, kill, result)
        if n_hit == n_kills:
            break
    return counts


def main() -> None:
    """Print how the runs after the kills ended."""
    logging.basicConfig(level=logging.INFO, format="[kills] %(message)s", stream=sys.stderr)
    given = [int(text) for text in sys.argv[1:]]
    n_kills, seed = (*given, *(100, 0)[len(given) :])
    with tempfile.TemporaryDirectory() as name:
        counts = run_kills(n_kills, seed, Path(name))
    for (runner, victim), found in sorted(counts.items()):
        sys.stdout.write(f"{runner:6} {victim:10} {dict(found)}\n")


if __name__ == "__main__":
    main()
