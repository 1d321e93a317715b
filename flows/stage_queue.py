"""Run the stages of a graph, several at the same time, each after those that it reads from."""

import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from flows.outcome import StageOutcome

# Runs one stage; the second argument names the failed stage before it, or is empty
RunOne = Callable[[str, str], StageOutcome]


def run_in_order(
    upstream: Mapping[str, tuple[str, ...]],
    run_one: RunOne,
    max_workers: int,
    stop: Callable[[], None],
) -> list[StageOutcome]:
    """Run each stage when all its upstream stages have ended.

    Args:
        upstream: For each stage, the stages that it waits for.
        run_one: Function that runs one stage, or shows that it cannot run.
        max_workers: Largest number of stages that run at the same time, at least 1.
        stop: Function that ends the running stages; called on any interruption.

    Returns:
        The outcomes, in the order of `upstream`.
    """
    outcomes: dict[str, StageOutcome] = {}
    waiting = dict(upstream)
    running: dict[Future[StageOutcome], str] = {}
    with ThreadPoolExecutor(max_workers) as pool:
        try:
            while waiting or running:
                for stage in [s for s, above in waiting.items() if outcomes.keys() >= set(above)]:
                    failed = _failed_above(waiting.pop(stage), outcomes)
                    context = contextvars.copy_context()  # Prefect keeps the current run there
                    running[pool.submit(context.run, run_one, stage, failed)] = stage
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                outcomes |= {running.pop(future): future.result() for future in done}
        except BaseException:
            stop()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [outcomes[stage] for stage in upstream]


def _failed_above(above: tuple[str, ...], outcomes: Mapping[str, StageOutcome]) -> str:
    """Name the first failed stage before a stage."""
    for outcome in (outcomes[name] for name in above):
        if outcome.status == "not run":
            return outcome.detail
        if outcome.status in ("failed", "stopped"):
            return outcome.stage
    return ""
