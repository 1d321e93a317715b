"""The shipped params.yaml with changes, and the error that it gives."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core.errors import ParamsError
from tasks.core.params import load_params
from tests.films import ROOT

SHIPPED = ROOT / "params.yaml"


def changed(tmp_path: Path, dotted: str, value: Any) -> Path:
    """params.yaml with one value set, or with the key left out where the value is `...`."""
    values = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    *sections, key = dotted.split(".")
    place = values
    for section in sections:
        place = place[section]
    if value is ...:
        del place[key]
    else:
        place[key] = value
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def error_of(path: Path) -> ParamsError:
    with pytest.raises(ParamsError) as caught:
        load_params(path)
    assert caught.value.where == str(path)
    return caught.value


def fault_of(path: Path) -> str:
    return error_of(path).found
