"""Program that imports DVC once and forks one DVC process for each request.

DVC takes half a second to import, and the flow starts it once for each stage. The flow itself has
threads and must not fork, so this program does. It imports nothing of Lungline: `flows.dvc_forks`
starts it by its path, in the project's folder.

Reads    stdin, one JSON per line: {"arguments": arguments of `dvc`, "log": file for its output}
Writes   stdout, one JSON per line: {"pid": number} as the answer to each request, and
         {"ended": number, "code": exit status, negative for a signal} when a process has ended
Ends     when stdin is closed. Its DVC processes, each in a session of its own, finish their stages.
"""

import importlib
import json
import os
import select
import signal
import sys
from contextlib import suppress

# What `dvc repro` imports only when it runs
LATE_IMPORTS = (
    "dvc.cli",
    "dvc.cli.parser",
    "dvc.commands.repro",
    "dvc.repo.reproduce",
    "dvc.repo.stage",
    "dvc.cachemgr",
    "dvc.data_cloud",
    "dvc.dirs",
    "dvc.lock",
    "dvc.rwlock",
    "dvc.scm",
    "dvc.utils.strictyaml",
    "dvc_data.hashfile.db.local",
    "dvc_data.hashfile.status",
    "psutil",
    "ruamel.yaml",
    "scmrepo.git",
)


def main() -> None:
    """Answer requests until stdin is closed."""
    for name in LATE_IMPORTS:
        with suppress(ImportError):  # another DVC may have moved it; then it is imported later
            importlib.import_module(name)
    answers = os.dup(1)
    os.dup2(2, 1)
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_writer, False)
    signal.set_wakeup_fd(wake_writer)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([0, wake_reader], [], [])
        if wake_reader in ready:
            os.read(wake_reader, 4096)
            _report_ended(answers)
        if 0 in ready:
            # The flow waits for the answer, so there is never more than one line to read
            line = sys.stdin.readline()
            if not line:
                return
            _send(answers, {"pid": _fork(json.loads(line), [answers, wake_reader, wake_writer])})


def _fork(request: dict[str, object], own_files: list[int]) -> int:
    """Fork DVC into its own session; return its process number when the session exists."""
    ready_reader, ready_writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 255
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            for number in [*own_files, ready_reader, ready_writer]:
                os.close(number)
            code = _run_dvc(request)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    os.close(ready_writer)
    os.read(ready_reader, 1)  # returns when the child has closed its end
    os.close(ready_reader)
    return pid


def _run_dvc(request: dict[str, object]) -> int:
    from dvc.cli import main as dvc

    arguments = [str(argument) for argument in request["arguments"]]  # type: ignore[attr-defined]
    log = os.open(str(request["log"]), os.O_WRONLY | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    sys.argv = ["dvc", *arguments]  # DVC writes it into its lock, for those who wait
    return int(dvc(arguments))


def _report_ended(answers: int) -> None:
    """Collect each process that has ended, and tell its exit status."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            code = os.waitstatus_to_exitcode(ended[1])
            _send(answers, {"ended": ended[0], "code": code})


def _send(answers: int, message: dict[str, int]) -> None:
    os.write(answers, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
