"""A span of hours of the day, such as 8 to 17 o'clock."""

from dataclasses import dataclass

DAY_H = 24.0


@dataclass(frozen=True)
class DayHours:
    """Hours of every day from `start` to `end` o'clock; an `end` before `start` is past midnight.

    start: hour in [0, 24). end: hour in (0, 24], not equal to `start`.
    """

    start: float
    end: float

    @property
    def length(self) -> float:
        """Number of hours of each day.

        Example:
            >>> DayHours(8, 17).length, DayHours(22, 6).length, DayHours(0, 24).length
            (9, 8, 24)
        """
        return self.end - self.start if self.end > self.start else self.end - self.start + 24

    def after(self, clock: float, open_hours: float) -> float:
        """The time at which so many of these hours have passed.

        Args:
            clock: Hours since some midnight.
            open_hours: 0 or more; with 0, the first time from `clock` on that is in the span.

        Example:
            >>> DayHours(8, 17).after(16, 3)
            34.0
            >>> DayHours(8, 17).after(20, 0)
            32.0
        """
        into = (clock - self.start) % DAY_H
        if into >= self.length:  # closed: on to the next opening
            clock, into = clock + DAY_H - into, 0.0
        days, rest = divmod(into + open_hours, self.length)
        return max(clock, clock - into + DAY_H * days + rest)

    def __str__(self) -> str:
        return f"{self.start:g}-{self.end:g}"
