import pytest

from tasks.core.html.number_format import (
    count_of,
    format_count,
    format_interval,
    format_number,
    format_percent,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.953, "0.95"),
        (None, "\N{EN DASH}"),
        (1.0, "1.00"),
        (0.0, "0.00"),
        (0.997, "0.997"),
        (-0.031, "\N{MINUS SIGN}0.03"),
    ],
)
def test_number_has_two_digits_and_is_not_rounded_to_0_or_1(value: float | None, text: str) -> None:
    assert format_number(value) == text


def test_number_has_at_most_four_digits() -> None:
    assert format_number(0.999996) == "1.0000"
    assert format_number(0.00012) == "0.0001"


def test_interval_is_empty_when_an_end_is_undefined() -> None:
    assert format_interval({"value": 0.9, "low": 0.8, "high": 0.951}) == "0.80\N{EN DASH}0.95"
    assert format_interval({"value": 0.9, "low": None, "high": 0.95}) == ""


def test_interval_with_a_negative_end_has_no_dash() -> None:
    text = format_interval({"value": 0.0, "low": -0.02, "high": 0.01})
    assert text == "\N{MINUS SIGN}0.02 to 0.01"


def test_counts_and_shares_as_text() -> None:
    assert count_of(1, "film") == "1 film"
    assert count_of(5856, "film") == "5856 films"
    assert format_count(8_459_458) == "8\u202f459\u202f458"
    assert (
        format_percent(0.946),
        format_percent(0.004),
        format_percent(0.0),
        format_percent(None),
    ) == (
        "95 %",
        "under 1 %",
        "0 %",
        "\N{EN DASH}",
    )
