"""DVCLive's files of a training run: a curve per metric, and one row of metrics for the run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from dvclive import Live

from tasks.core.atomic import write_json


class MetricsLog(Live):  # type: ignore[misc]
    """Writes a TSV per metric and network; asks git for nothing and sends nothing.

    DVCLive 3.49 asks git for the last commit and fails if there is none, creates a DVC repository
    in a plain git repository, and reports to DVC Studio. The DVC that runs the stage does all that
    is needed here.

    Args:
        folder: Folder of the files; those of an earlier run are removed.
    """

    def __init__(self, folder: str) -> None:
        super().__init__(folder, save_dvc_exp=False, dvcyaml=None, report=None)

    def _init_dvc(self) -> None:
        """Search for no repository."""

    def _init_studio(self) -> None:
        self._studio_events_to_skip = {"start", "data", "done"}

    def sync(self) -> None:
        """Write no metrics.json after each epoch: it would have a column for each network."""

    def log_epoch(self, prefix: str, row: Mapping[str, float]) -> None:
        """Add one epoch of one network to the curves.

        Args:
            prefix: Start of the curve names: `seed4/` for the network of seed 4, empty for the
                first network.
            row: Value by the name that Keras gives.
        """
        for name, value in row.items():
            side, metric = _side_and_metric(name)
            self.log_metric(f"{prefix}{side}/{metric}", value)
        self.next_step()

    def write_means(self, rows: Sequence[Mapping[str, float]], n_epochs: Sequence[int]) -> None:
        """Write metrics.json: means over the networks.

        Args:
            rows: The kept epoch of each network, value by the name that Keras gives.
            n_epochs: Epochs that each network was trained.
        """
        metrics: dict[str, dict[str, float]] = {"train": {}, "eval": {}}
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            side, metric = _side_and_metric(name)
            metrics[side][metric] = fmean(row[name] for row in rows)
        write_json(Path(self.metrics_file), {**metrics, "epochs": fmean(n_epochs)})


def _side_and_metric(name: str) -> tuple[str, str]:
    side = "eval" if name.startswith("val_") else "train"
    return side, name.removeprefix("val_")
