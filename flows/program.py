"""The frame of every program here: its parser, its exit codes, and how a signal ends it.

It imports neither Prefect nor DVC, which take seconds, so that `--help` is answered at once.
"""

import argparse
import signal
import sys
from collections.abc import Callable

from tasks.core.errors import LunglineError

NOT_STARTED, INTERRUPTED, TERMINATED = 2, 130, 143


class Terminated(BaseException):
    """SIGTERM arrived."""


def program_parser(name: str, doc: str | None) -> argparse.ArgumentParser:
    """A parser for `python -m flows.NAME`.

    Args:
        name: Name of the program.
        doc: Text that `--help` prints as it is.
    """
    return argparse.ArgumentParser(
        prog=f"python -m flows.{name}",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run_until_stopped(work: Callable[[], int], stopped: str = "stopped") -> int:
    """Do the work of a program, and return its exit code.

    Args:
        work: The work; it returns the exit code of a program that started.
        stopped: What the program says after SIGINT or SIGTERM.

    Returns:
        2 after an expected error, which is printed; 130 after SIGINT; 143 after SIGTERM.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return work()
    except LunglineError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return NOT_STARTED
    except BaseException as interruption:
        code = _interruption_code(interruption)
        if code is None:
            raise
        sys.stderr.write(f"{stopped}\n")
        return code


def _interruption_code(interruption: BaseException) -> int | None:
    """Exit code after SIGINT or SIGTERM; None after anything else."""
    if isinstance(interruption, KeyboardInterrupt):
        return INTERRUPTED
    # Prefect, while its flow runs, turns SIGTERM into an error of its own
    is_stopped = type(interruption).__name__ in (Terminated.__name__, "TerminationSignal")
    return TERMINATED if is_stopped else None


def _terminate(_signal: int, _frame: object) -> None:
    raise Terminated
