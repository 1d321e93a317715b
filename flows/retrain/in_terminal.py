"""Run the steps of a retraining without a Prefect server, shown in this terminal."""

from pathlib import Path

from flows.dag import FlowError
from flows.outcome import RunResult
from flows.retrain.steps import retrain_stages
from flows.tell_failure import tell_failure
from flows.watch import TerminalWatch


def run_in_terminal(
    root: Path, target: str | None, max_workers: int, *, publish: bool = False
) -> RunResult:
    """Run the steps in this process; tell the webhook of a failure.

    Raises:
        FlowError: The run cannot start.
    """
    watch = TerminalWatch()
    run = f"in {root.absolute()}"
    try:
        result = retrain_stages(root, target, max_workers, watch, publish=publish)
    except (KeyboardInterrupt, FlowError):
        raise  # the person at the terminal sees it
    except BaseException as error:
        tell_failure(run, "Crashed", f"{type(error).__name__}: {error}", watch.warn)
        raise
    if result.failures:
        tell_failure(run, "Failed", result.message(), watch.warn)
    return result
