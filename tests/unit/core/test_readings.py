from pathlib import Path

import pytest

from tasks.core.errors import EvaluationError
from tasks.core.readings import Reading, read_readings, readings_text

ROOT = Path(__file__).resolve().parents[3]
HEADER = "model,reading,model_sha256,contract_sha256,films_sha256,commit"
ROWS = [
    Reading("twin5", "evaluate", "n2", "c2", "f1", "abc"),
    Reading("ann", "robustness", "n1", "c1", "f1", "abc+changes"),
    Reading("ann", "evaluate", "n1", "c1", "f1", "no git"),
]


def test_text_is_sorted_and_read_back(tmp_path):
    text = readings_text(ROWS)
    assert text.splitlines() == [
        HEADER,
        "ann,evaluate,n1,c1,f1,no git",
        "ann,robustness,n1,c1,f1,abc+changes",
        "twin5,evaluate,n2,c2,f1,abc",
    ]
    (tmp_path / "ledger.csv").write_text(text)
    assert read_readings(tmp_path / "ledger.csv") == sorted(ROWS)


def test_a_ledger_that_does_not_exist_has_no_rows(tmp_path):
    assert read_readings(tmp_path / "none.csv") == []


def test_the_ledger_of_the_repository_can_be_read():
    assert (ROOT / "reports/test_ledger.csv").read_text().startswith(HEADER + "\n")
    read_readings(ROOT / "reports/test_ledger.csv")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "line 1: empty"),
        ("model,commit\n", "line 1: model,commit"),
        (f"{HEADER}\nann,evaluate,n1\n", "line 2: ann,evaluate,n1"),
        (f"{HEADER}\n<<<<<<< HEAD\n", "line 2: <<<<<<< HEAD"),
    ],
)
def test_a_damaged_ledger_is_an_error_that_names_the_line(tmp_path, text, line):
    (tmp_path / "ledger.csv").write_text(text)
    with pytest.raises(EvaluationError) as raised:
        read_readings(tmp_path / "ledger.csv")
    assert raised.value.found == line
    assert "git checkout" in raised.value.next_step


@pytest.mark.parametrize("row", [b"\xff\xfe,a,b,c,d,e\n", b"ann," + b"x" * 200_000 + b",b,c,d,e\n"])
def test_a_ledger_that_is_no_text_is_an_error(tmp_path, row):
    (tmp_path / "ledger.csv").write_bytes(HEADER.encode() + b"\n" + row)
    with pytest.raises(EvaluationError, match="no text in CSV"):
        read_readings(tmp_path / "ledger.csv")
