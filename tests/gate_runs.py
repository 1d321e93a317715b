"""Runs of the program `gate` in this process, in the working folder."""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tasks.core import paths
from tasks.gate.__main__ import main
from tests.gated_networks import Weights, gated, released

NEW, USED = Path("new"), Path("used")


def decide(new: Path = NEW, used: Path | None = USED) -> dict[str, Any]:
    """Run the program in this process; return gate.json."""
    main(argparse.Namespace(challenger=new, champion=used))
    text = paths.GATE_JSON.read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text, parse_constant=pytest.fail)
    assert found["headline"] in paths.GATE_HTML.read_text(encoding="utf-8").replace("&#39;", "'")
    return found


def decision(samples: pd.DataFrame, new: Weights, used: Weights) -> str:
    released(NEW, samples, new)
    released(USED, samples, used)
    return str(decide()["decision"])


@pytest.fixture(name="samples")
def gated_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Films of the repository, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return gated(tmp_path)
