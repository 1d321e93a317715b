"""What every stage's `__main__` does around its work: arguments, log lines, exit code.

It imports the standard library only, so that `python -m tasks.<stage> --help` answers at once.
"""

import argparse
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable

from tasks.core.errors import LunglineError

PR_SET_PDEATHSIG = 1  # Source: prctl(2), linux/prctl.h

Work = Callable[[argparse.Namespace], None]


def run(stage: str, doc: str | None, work: Work, *, per_model: bool = False) -> None:
    """Run one stage as a program and leave with its exit code.

    Args:
        stage: Name of the stage, as in dvc.yaml.
        doc: Module docstring of the stage; `--help` prints it.
        work: Does the work; imports what is heavy inside itself.
        per_model: Whether the stage takes `--model NAME`.

    Exit code: 0 done; 1 the stage's rule was broken (one message on stderr); 130 interrupted.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m tasks.{stage.replace('-', '.')}",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if per_model:
        parser.add_argument("--model", required=True, help="a name of `models` in params.yaml")
    arguments = parser.parse_args()
    end_with_parent()
    logging.basicConfig(format=f"[{stage}] %(message)s", stream=sys.stderr, force=True)
    for ours in ("tasks", "__main__"):  # libraries speak up only when something is wrong
        logging.getLogger(ours).setLevel(logging.INFO)
    try:
        work(arguments)
    except LunglineError as error:
        sys.exit(f"[{stage}] ERROR: {error}")
    except KeyboardInterrupt:
        logging.getLogger(__name__).error("interrupted; nothing half-written was left")
        sys.exit(130)
    except OSError as error:
        if error.errno is None:
            raise
        sys.exit(
            f"[{stage}] ERROR: a stage must be able to read and write its files\n"
            f"  found: {error.strerror}\n"
            f"  where: {error.filename or 'see `df -h .` for the disk'}\n"
            "  next:  mend that (space, permission, path) and run it again; nothing is half-written"
        )


def end_with_parent() -> None:
    """Ask Linux to end this process when its parent ends.

    When `dvc repro` is killed (the kernel's memory killer, say), its command would live on and
    write the same outputs as the next run.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before the request was in place
        sys.exit(143)
