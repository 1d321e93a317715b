"""Age and sex of a patient; what makes no sense is unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.person import NOBODY, read_person


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("045Y", 45), ("45y", 45), ("58", 58), (" 58.0 ", 58), ("006M", 0.5), ("000D", 0),
        ("010D", 10 / 365.25), ("026W", 26 * 7 / 365.25), ("089Y", 89), ("089.9", 89.9),
        ("090Y", 90), ("104", 90), ("122", 90), ("999D", 999 / 365.25),
    ],
)  # fmt: skip
def test_an_age_is_in_years_and_above_89_it_is_90(text: str, years: float) -> None:
    assert read_person(text, "").age_years == pytest.approx(years)


@pytest.mark.parametrize(
    "text", ["", "412Y", "123", "-5", "45 years", "Y", "045Y\\046Y", "nan", "unknown", "1e1", "٤٥"]
)
def test_nonsense_is_no_age(text: str) -> None:
    assert read_person(text, text) == NOBODY


@pytest.mark.parametrize(
    ("text", "sex"),
    [("F", "female"), ("m", "male"), (" Female ", "female"), ("MALE", "male"), ("O", None)],
)
def test_sex_is_female_male_or_unknown(text: str, sex: str | None) -> None:
    assert read_person("", text).sex == sex


@given(st.text(max_size=8), st.text(max_size=8))
def test_no_text_is_an_error_or_an_age_that_names_a_person(age: str, sex: str) -> None:
    person = read_person(age, sex)
    assert person.age_years is None or 0 <= person.age_years <= 90
    assert person.sex in (None, "female", "male")
