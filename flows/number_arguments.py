"""Numbers of a command line, checked; this module imports neither Prefect nor DVC."""

import argparse
import math


def positive_integer(text: str) -> int:
    """Read a whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, not {text!r}")
    return int(text)


def positive_seconds(text: str) -> float:
    """Read a time above 0, in seconds."""
    return _positive_number(text, "seconds")


def positive_hours(text: str) -> float:
    """Read a time above 0, in hours."""
    return _positive_number(text, "hours")


def _positive_number(text: str, unit: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of {unit} above 0, not {text!r}")
    return value
