"""Each page under reports/results/ is generated from its record."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.core import paths
from tasks.core.atomic import read_json
from tests.benchmarks import page as benchmarks
from tests.contract.imports import ROOT
from tests.studies.defects import page as defects
from tests.studies.recipes import publish as recipes


@pytest.mark.parametrize(
    ("record", "page", "write"),
    [
        (paths.BENCHMARKS, benchmarks.PAGE, benchmarks.benchmarks_page),
        (defects.RECORD, defects.PAGE, defects.defects_page),
        (recipes.RECORD, recipes.PAGE, recipes.recipes_page),
    ],
    ids=["benchmarks", "defects", "recipes"],
)
def test_page_equals_its_record(record: Path, page: Path, write: Callable[[Any], str]) -> None:
    assert (ROOT / page).read_text(encoding="utf-8") == write(read_json(ROOT / record))
