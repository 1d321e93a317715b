"""Show a run on a Prefect server: one task for each step, and the story as an artifact."""

from collections.abc import Callable, Sequence
from typing import Any

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, StateDetails
from prefect.states import Cancelled, Completed, Failed

from flows.outcome import StageOutcome, state_words
from flows.retrain.prefect_server import SERVER_ERRORS
from flows.retrain.server_loss import server_answers
from flows.watch import StepWork


@task(
    name="dvc stage",
    task_run_name="{stage}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=0,  # a stage that failed would fail again
)
def update_stage(stage: str, work: StepWork) -> State[StageOutcome]:  # noqa: ARG001
    """Bring one stage up to date; the state of the task shows the outcome."""
    outcome = work(get_run_logger().info)
    name, message = state_words(outcome)
    kind = {"failed": Failed, "stopped": Cancelled, "not run": Cancelled}.get(
        outcome.status, Completed
    )
    return kind(name=name, message=message, data=outcome)


class PrefectWatch:
    """Shows each step as a Prefect task of the current flow run.

    Attributes:
        server_lost: Whether the server was gone when the story was to be stored.
    """

    def __init__(self) -> None:
        self.server_lost = False
        self._tasks: dict[str, State[Any]] = {}

    def run(self, step: str, work: StepWork, after: Sequence[str]) -> StageOutcome:
        """Do the work of one step in a task that the page draws behind the tasks `after`."""
        arrows = [self._arrow(name) for name in after]
        state: State[Any] = update_stage(step, work, return_state=True, wait_for=arrows)
        self._tasks[step] = state
        outcome = state.result(raise_on_failure=False)
        if isinstance(outcome, StageOutcome):
            return outcome
        return StageOutcome(step, "failed", f"the task of the flow failed: {outcome!r}")

    def warn(self, text: str) -> None:
        """Log a warning of the flow run."""
        get_run_logger().warning(text)

    def publish(self, write_story: Callable[[], str]) -> None:
        """Store the story; the run does not fail if the server refuses it or is gone."""
        self.server_lost = not server_answers()
        if self.server_lost:
            return
        try:
            create_markdown_artifact(key="retrain-story", markdown=write_story())
        except SERVER_ERRORS as error:
            self.warn(f"the story of the run was not stored: {error}")

    def _arrow(self, step: str) -> State[str]:
        """A state that stands for an ended task: Prefect would not run a task after a failed one.

        Such a task stays Pending for ever; this one says which stage failed.
        """
        details = StateDetails(task_run_id=self._tasks[step].state_details.task_run_id)
        return Completed(data="ended", state_details=details)
