"""Section `ingest.table`: what it takes, and the words for what it refuses."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core.params import load_params
from tests.unit.core.params.shipped import changed, fault_of

CLASSES = {"NORMAL": ["No Finding"], "PNEUMONIA": ["Pneumonia", "Consolidation"]}
WHOLE = {"file": "labels.csv", "path": "image", "label": "findings", "classes": CLASSES}


def test_null_a_whole_table_and_changed_classes_are_taken(tmp_path: Path) -> None:
    for value in (None, WHOLE, {"classes": CLASSES}, {"uncertain": "positive"}):
        assert load_params(changed(tmp_path, "ingest.table", value)).ingest.layout == "auto"


def test_numbers_are_findings_and_columns(tmp_path: Path) -> None:
    table = {**WHOLE, "path": 0, "classes": {"NORMAL": [0], "PNEUMONIA": [1.0, "2"]}}
    params = load_params(changed(tmp_path, "ingest.table", table)).ingest.table
    assert params is not None
    assert params.path == "0"
    assert params.classes == {"NORMAL": ["0"], "PNEUMONIA": ["1", "2"]}


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"file": "labels.csv", "label": "y"}, "state both file and path"),
        ({"path": "x", "label": "y"}, "state both file and path"),
        ({"patient": "who"}, "columns need the file and the path"),
        ({"file": "a.csv", "path": "x"}, "state the column label, or classes"),
        ({**WHOLE, "label": None, "classes": {"A": ["x"], "B": ["*"]}}, "needs a column label"),
        ({**WHOLE, "classes": {"NORMAL": ["x"]}}, "at least two classes"),
        ({**WHOLE, "classes": {"NORMAL": ["x"], "normal": ["y"]}}, "at least two classes"),
        ({**WHOLE, "classes": {"A": ["x_y"], "B": ["X Y"]}}, "X Y is listed twice"),
        ({**WHOLE, "classes": {"A": [], "B": ["x"]}}, "ingest.table.classes.A: "),
        ({**WHOLE, "classes": {"A": [False], "B": ["x"]}}, "quotation marks"),
        ({**WHOLE, "uncertain": "maybe"}, "ingest.table.uncertain: "),
        ({**WHOLE, "separator": "x"}, "ingest.table.separator: "),
        ({**WHOLE, "patients": "x"}, "ingest.table.patients: Extra inputs"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, table: dict[str, Any], fault: str) -> None:
    assert fault in fault_of(changed(tmp_path, "ingest.table", table))


@pytest.mark.parametrize(
    ("layout", "table", "fault"),
    [
        ("table", None, "table states no file and path"),
        ("table", {"uncertain": "positive"}, "table states no file and path"),
        ("mooney", WHOLE, "layout mooney does not read it"),
    ],
)
def test_layout_and_table_must_fit(tmp_path: Path, layout: str, table: Any, fault: str) -> None:
    (tmp_path / "one").mkdir()
    path = changed(tmp_path / "one", "ingest.layout", layout)
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["ingest"]["table"] = table
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    assert fault in fault_of(path)
