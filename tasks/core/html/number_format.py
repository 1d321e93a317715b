"""Numbers as text on the pages."""

from collections.abc import Mapping

UNDEFINED_TEXT = "\N{EN DASH}"
_MOST_DIGITS = 4

EstimateJson = Mapping[str, float | None]  # keys value, low, high; low and high: 95 % interval


def format_number(value: float | None, digits: int = 2) -> str:
    """A score as text. An undefined score (None) becomes a dash.

    A value that is not exactly 0 or 1 is not rounded to 0 or 1. It gets more digits, up to four.
    A zero has no sign: the rounding of a sum of floats may leave -5e-17.

    Example:
        >>> format_number(0.953), format_number(0.998), format_number(1.0), format_number(-5e-17)
        ('0.95', '0.998', '1.00', '0.0000')
    """
    if value is None:
        return UNDEFINED_TEXT
    text = f"{value:.{digits}f}"
    while float(text) in (0.0, 1.0) and value not in (0.0, 1.0) and digits < _MOST_DIGITS:
        digits += 1
        text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def format_interval(estimate: EstimateJson, digits: int = 2) -> str:
    r"""The 95 % interval of an estimate as text. Empty if one end is undefined.

    Example:
        >>> print(ascii(format_interval({"value": 0.95, "low": 0.9, "high": 0.98})))
        '0.90\u20130.98'
    """
    low, high = estimate.get("low"), estimate.get("high")
    if low is None or high is None:
        return ""
    dash = " to " if low < 0 else "\N{EN DASH}"  # a dash before a minus sign is hard to read
    return f"{format_number(low, digits)}{dash}{format_number(high, digits)}"


def format_percent(share: float | None) -> str:
    """A share in [0, 1] as a percentage without decimals. None becomes a dash.

    Example:
        >>> format_percent(0.317), format_percent(0.004)
        ('32 %', 'under 1 %')
    """
    if share is None:
        return UNDEFINED_TEXT
    if 0 < share < 0.01:
        return "under 1 %"
    return f"{100 * share:.0f} %"


def format_count(count: int) -> str:
    """A count as text, with a thin space between thousands from 10 000 on (SI brochure, 5.4.4)."""
    text = f"{count:,}" if count >= 10_000 else str(count)
    return text.replace(",", "\N{NARROW NO-BREAK SPACE}")


def count_of(count: int, noun: str) -> str:
    """A count with its noun. The noun gets an `s` unless the count is 1.

    Example:
        >>> count_of(1, "film"), count_of(3, "film")
        ('1 film', '3 films')
    """
    return f"{format_count(count)} {noun}{'' if count == 1 else 's'}"


def patient_text(n_patients: int, n_unknown: int = 0) -> str:
    """How many patients there are; films of unknown patients are never counted as patients.

    Args:
        n_patients: Groups of films, a film of an unknown patient being a group of its own.
        n_unknown: How many of these groups are films of unknown patients.

    Example:
        >>> patient_text(106)
        '106 patients'
        >>> patient_text(357, 357)
        'patients unknown: each film counted as one'
        >>> patient_text(106, 6)
        '100 patients, and 6 films of unknown patients, each counted as one'
    """
    if not n_unknown:
        return count_of(n_patients, "patient")
    if n_unknown >= n_patients:
        return "patients unknown: each film counted as one"
    known = count_of(n_patients - n_unknown, "patient")
    return f"{known}, and {count_of(n_unknown, 'film')} of unknown patients, each counted as one"
