"""DVCLive's files of a training run, without what DVCLive would do beside them."""

from dvclive import Live


class Curves(Live):  # type: ignore[misc]
    """Writes metrics.json and a TSV per metric, asks git for nothing and sends nothing.

    DVCLive 3.49 asks git for its last commit and fails where there is none yet, makes a DVC
    repository where there is only git, and reports to DVC Studio. What belongs into git and into
    an experiment is for the DVC that runs the stage.

    Args:
        folder: Emptied of the files of an earlier run.
    """

    def __init__(self, folder: str) -> None:
        super().__init__(folder, save_dvc_exp=False, dvcyaml=None, report=None)

    def _init_dvc(self) -> None:
        """Look for no repository."""

    def _init_studio(self) -> None:
        self._studio_events_to_skip = {"start", "data", "done"}
