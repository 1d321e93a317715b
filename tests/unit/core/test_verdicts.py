"""A mark keeps its text on the way through a CSV file, and no spreadsheet runs it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.verdicts import guarded, unguarded


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "'=x", "''-x"])
def test_what_a_spreadsheet_would_run_gets_one_apostrophe(formula: str) -> None:
    assert guarded(formula) == f"'{formula}"


@given(st.text(alphabet="'=+-@\t\rab ", max_size=12))
def test_a_field_is_the_same_after_both(field: str) -> None:
    assert unguarded(guarded(field)) == field
    assert not guarded(field).startswith(("=", "+", "-", "@", "\t", "\r"))
