"""What the folder of a release says of itself. Quick to import: most gates end here.

A retraining that changes nothing gives the network in use again, byte for byte.
"""

import filecmp
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.decision.hashes import hash_file
from tasks.core.errors import GateError
from tasks.core.json_form import read_form

_FORM = {
    "model": str,
    "files": {"*": str},
    "validation": {"auroc": {"value": (float, None)}},
    "data_warnings": [str],
}


def read_facts(folder: Path) -> dict[str, Any]:
    """Content of release.json.

    Raises:
        LunglineError: The file is missing or has another form.
    """
    listed = paths.release_json(folder)
    if not listed.is_file():
        raise damaged_release(listed, "no such file")
    facts: dict[str, Any] = read_form(listed, _FORM)
    return facts


def is_same_network(folder: Path, other: Path) -> bool:
    """Whether two folders hold one network with one contract: their ONNX files are equal."""
    files = paths.release_onnx(folder), paths.release_onnx(other)
    return all(file.is_file() for file in files) and filecmp.cmp(*files, shallow=False)


def names_of(folder: Path) -> dict[str, str | None]:
    """What identifies a release, for gate.json: hashes of its ONNX file and of its list.

    Raises:
        LunglineError: The list is missing or has another form.
    """
    facts = read_facts(folder)
    return {
        "folder": folder.as_posix(),
        "model": facts["model"],
        "sha256": facts["files"].get(paths.release_onnx(folder).name),
        "release_sha256": hash_file(paths.release_json(folder)),
    }


def damaged_release(file: Path, found: str) -> GateError:
    """The error of a folder of a release that cannot be used."""
    return GateError(
        "the folder of a released network must be complete and unchanged",
        found=found,
        where=str(file),
        next_step="run `dvc repro release` for the new network, or `dvc pull` and"
        " `python -m flows.rollback` for the one in use",
    )
