"""A released network, read from its folder and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from tasks.core import paths
from tasks.core.decision.hashes import hash_file
from tasks.core.network.onnx_network import OnnxNetwork, load_network
from tasks.core.tables import read_table
from tasks.gate.release_facts import damaged_release, read_facts

_FILMS = ("image_id", "pixel_hash", "patient_id", "label", "split")


@dataclass(frozen=True, eq=False)
class ReleasedNetwork:
    """A folder of stage `release`.

    films: `image_id`, `pixel_hash`, `patient_id`, `label` and `split` of each film of its cohort.
    facts: content of release.json.
    """

    folder: Path
    network: OnnxNetwork
    films: pd.DataFrame
    facts: Mapping[str, Any]

    @property
    def validation_auroc(self) -> float | None:
        """AUROC on the validation films of its own cohort."""
        auroc: float | None = self.facts["validation"]["auroc"]["value"]
        return auroc


def read_released(folder: Path) -> ReleasedNetwork:
    """Read and check a folder.

    Raises:
        LunglineError: A file is missing, damaged or was edited, or has another form.
    """
    facts = read_facts(folder)
    for file in (paths.release_films(folder), paths.release_onnx(folder)):
        if not file.is_file():
            raise damaged_release(file, "no such file")
        if facts["files"].get(file.name) != hash_file(file):
            raise damaged_release(file, "other bytes than release.json says")
    return ReleasedNetwork(
        folder=folder,
        network=load_network(paths.release_onnx(folder)),
        films=read_table(pa.schema([]), paths.release_films(folder), list(_FILMS)),
        facts=facts,
    )
