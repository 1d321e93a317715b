"""Who sees a run while it goes on: this terminal, or a Prefect server."""

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from flows.outcome import StageOutcome, state_words
from flows.stage_log import LineCallback

StepWork = Callable[[LineCallback], StageOutcome]


class Watch(Protocol):
    """Sees each step of a run, and shows it."""

    def run(self, step: str, work: StepWork, after: Sequence[str]) -> StageOutcome:
        """Do the work of one step, and show its lines and its outcome.

        Args:
            step: Name of a stage or of another step.
            work: Function that does it. It gets a function that takes each line of output.
            after: Steps whose results it reads; they have ended.
        """
        ...

    def warn(self, text: str) -> None:
        """Show a warning that belongs to the whole run."""
        ...

    def publish(self, write_story: Callable[[], str]) -> None:
        """Show the run in words, as Markdown that the function writes."""
        ...


class TerminalWatch:
    """Prints each line to stderr with its step; the run needs no Prefect."""

    def run(self, step: str, work: StepWork, after: Sequence[str]) -> StageOutcome:  # noqa: ARG002
        """Do the work of one step and print its lines."""
        outcome = work(partial(_print_line, step))
        name, message = state_words(outcome)
        if outcome.status != "cached":
            _print_line(step, f"{name}: {message.splitlines()[0]}")
        return outcome

    def warn(self, text: str) -> None:
        """Print a warning."""
        _print_line("retrain", f"WARNING: {text}")

    def publish(self, write_story: Callable[[], str]) -> None:
        """Print nothing: the program prints the table of stages at its end."""


def _print_line(step: str, line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {step:>20} | {line}\n")
