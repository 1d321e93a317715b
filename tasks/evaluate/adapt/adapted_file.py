"""The file of an adapted network: a model file of its own that says where it comes from."""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.classifier import CONTRACT_MEMBER

if TYPE_CHECKING:
    import keras

_EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_WEIGHTS_MEMBER = "model.weights.h5"  # in a .keras file


def write_adapted(
    model: "keras.Model", original: Path, folder: Path, provenance: dict[str, Any]
) -> None:
    """Write `model.keras` and `provenance.json` of an adapted network.

    Everything but the weights and the contract is copied from the original file. Its contract gets
    the key `adapted` with the provenance, so that the file cannot pass for the original. The same
    weights give the same bytes.

    Args:
        model: The network with its adapted statistics.
        original: `model.keras` of the network that was adapted; it is only read.
        folder: New folder of the adapted network.
        provenance: Facts for `provenance.json`.
    """
    folder.mkdir(parents=True)
    with zipfile.ZipFile(original) as source:
        members = {name: source.read(name) for name in source.namelist()}
    members[_WEIGHTS_MEMBER] = _weights_of(model)
    contract = json.loads(members[CONTRACT_MEMBER]) | {"adapted": provenance}
    members[CONTRACT_MEMBER] = json.dumps(contract, indent=2, ensure_ascii=False).encode()
    with zipfile.ZipFile(paths.network_file(folder), "w") as copy:
        for name in sorted(members):
            copy.writestr(zipfile.ZipInfo(name, _EARLIEST_ZIP_TIME), members[name])
    write_json(paths.provenance_file(folder), provenance)


def _weights_of(model: "keras.Model") -> bytes:
    """Weights in the form that a `.keras` file holds; it has no time stamp."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _WEIGHTS_MEMBER
        model.save_weights(path)
        return path.read_bytes()
