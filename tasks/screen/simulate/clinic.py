"""The clinic that is simulated."""

from dataclasses import dataclass, replace
from typing import Literal

from tasks.screen.simulate.day_hours import DAY_H, DayHours

MINUTES = 60.0
DAYTIME, WORKING_HOURS = DayHours(8, 20), DayHours(8, 17)
ReadingTimes = Literal["lognormal", "fixed", "exponential"]
# Spread of a lognormal reading time: standard deviation over mean. An assumption.
READING_CV = 0.5


@dataclass(frozen=True)
class Clinic:
    """A clinic in which films are taken every day and nobody reads for some hours on end.

    prevalence: share of films with a finding, in (0, 1).
    arrivals_per_hour: mean number of films in an hour of `film_hours`; a Poisson process.
    reading_minutes: mean time that a radiologist needs for a film, in minutes.
    absent_hours: hours from the departure of all radiologists to their return. They return at the
        first of `reading_hours`. The list is empty when they leave.
    radiologists: number of them. film_hours, reading_hours: hours of each day in which films are
        taken and read. reading_times: law of the reading times; `READING_CV` is their spread.
    horizon_hours: films are taken for so long, from the departure on. None: until the list is empty
        for the first time after the return.
    """

    prevalence: float
    arrivals_per_hour: float
    reading_minutes: float
    absent_hours: float
    radiologists: int = 1
    film_hours: DayHours = DAYTIME
    reading_hours: DayHours = WORKING_HOURS
    reading_times: ReadingTimes = "lognormal"
    horizon_hours: float | None = None

    @property
    def leaves_at(self) -> float:
        """Hour of the day at which the radiologists leave, in [0, 24)."""
        return (self.reading_hours.start - self.absent_hours) % DAY_H

    @property
    def films_per_day(self) -> float:
        """Mean number of films taken in a day."""
        return self.arrivals_per_hour * self.film_hours.length

    @property
    def utilisation(self) -> float:
        """Reading time that a day's films need, over the reading time of a day, without absence.

        From 1 on the list grows for ever.

        Example:
            >>> day = DayHours(0, 24)
            >>> Clinic(0.1, 6, 5, 24, film_hours=day, reading_hours=day).utilisation
            0.5
        """
        capacity = self.radiologists * self.reading_hours.length * MINUTES
        return self.films_per_day * self.reading_minutes / capacity

    @property
    def expected_films(self) -> float:
        """Mean number of films of one absence: those of the absence and those that find a list.

        Source: each film read keeps the list for as long as `utilisation` further films need, so
        films of the absence are multiplied by 1 / (1 - utilisation): Kleinrock, "Queueing Systems",
        volume 1, 1975, section 5.8 (busy periods).
        """
        if self.horizon_hours is not None:
            return self.films_per_day * self.horizon_hours / DAY_H
        return self.films_per_day * self.absent_hours / DAY_H / (1 - self.utilisation)

    def absent(self, hours: float) -> "Clinic":
        """The same clinic with another length of the absence."""
        return replace(self, absent_hours=hours)

    def with_prevalence(self, prevalence: float) -> "Clinic":
        """The same clinic with another share of films with a finding."""
        return replace(self, prevalence=prevalence)
