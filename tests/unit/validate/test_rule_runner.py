"""Rules are checked by Great Expectations; failing rows are counted and listed."""

import pandas as pd
import pytest

from tasks.core.params import ValidateParams
from tasks.validate.rule_runner import MAX_ROWS, run_rules
from tasks.validate.rules.rule import Rule
from tests.unit.validate.cases import broken, check, pairs_of
from tests.unit.validate.faults import FILM, setting

# Great Expectations imports a module that Python has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")


def test_an_expectation_that_raises_fails_with_the_text_of_its_error(clean: pd.DataFrame) -> None:
    rule = Rule(
        group="schema",
        name="file_not_empty",
        title="A column that does not exist",
        severity="error",
        threshold="at least 1",
        expectation="ExpectColumnValuesToBeBetween",
        arguments={"column": "no_such_column", "min_value": 1},
    )
    (result,) = run_rules({"films": clean}, [rule])
    assert not result.passed
    assert result.observed.startswith("could not be checked: ")
    assert "no_such_column" in result.observed
    assert result.title == "Not checked: A column that does not exist"


def test_failing_rows_are_sorted_counted_and_at_most_20(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    more = pd.concat([clean, clean.assign(path="z/" + clean["path"])]).iloc[::-1]
    more = more.assign(n_bytes=0).reset_index(drop=True)
    results = check(more, pairs_of(), thresholds)[0]
    empty = broken(results)["file_not_empty"]
    assert empty.n_failing == 40
    assert empty.title == "Empty files: 40"
    assert (empty.requirement, empty.setting) == ("No file of a usable film is empty", "")
    assert [row["path"] for row in empty.rows] == sorted(more["path"])[:MAX_ROWS]
    assert empty.rows[0]["n_bytes"] == 0


def test_manifest_without_usable_films_does_not_pass(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    nothing = clean.assign(status="rejected", reason="truncated")
    found = broken(check(nothing, pairs_of(), thresholds)[0])
    assert {"enough_films", "two_classes", "few_rejected"} <= set(found)
    empty = broken(check(clean.iloc[:0], pairs_of(), thresholds)[0])
    assert {"enough_films", "two_classes"} <= set(empty)


def test_a_missing_column_hides_no_other_fault(
    clean: pd.DataFrame, thresholds: ValidateParams
) -> None:
    manifest = setting(width=20)(clean).drop(columns="pixel_hash")
    found = broken(check(manifest, pairs_of(), thresholds)[0])
    assert found["columns_present"].observed == "missing: pixel_hash"
    assert found["facts_complete"].n_failing == 20
    assert [row["path"] for row in found["side_long_enough"].rows] == [FILM]
