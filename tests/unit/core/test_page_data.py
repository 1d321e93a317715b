import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.page_data import page_data

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(JSON)
def test_value_comes_back_and_no_character_can_leave_the_element(value: object) -> None:
    text = page_data(value)
    assert json.loads(text) == value
    assert text.isascii()
    assert not set("<>&%") & set(text)


def test_undefined_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        page_data({"auroc": float("nan")})
