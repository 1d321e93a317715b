from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.errors import LunglineError
from tasks.report.readme_results import (
    read_records,
    record_results,
    results_table,
    with_table,
)
from tests.report_inputs import write_state


def test_record_holds_the_evaluation_and_the_table_its_best_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_state(tmp_path)
    monkeypatch.chdir(tmp_path)

    record_results("phantom")

    rows = results_table(read_records(paths.RECORDS)).splitlines()
    assert rows[2].startswith("| phantom | minivggnet, 64 px, seeds: ")
    assert "| 164 (133) | 0.972 (0.947 to 0.988) | 0.954 " in rows[2]
    assert "| baseline: brightness and contrast | 164 (133) | 0.742 " in rows[3]


def test_readme_without_the_marks_is_refused() -> None:
    with pytest.raises(LunglineError, match="a mark is missing"):
        with_table("# Lungline", "results", "table")
