"""What one rule says about a model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WeaknessCheck:
    """Result of one rule.

    rule: id, the same for every model; that of a cohort ends in its name (`external:city`).
    title: the result in a few words. detail: sentences with the numbers and their intervals.
    number: the number that decides, as short as a cell of a table needs it.
    is_weak: whether it is a weakness.
    """

    rule: str
    title: str
    detail: str
    number: str
    is_weak: bool
