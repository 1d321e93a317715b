"""Discrete-event simulation of the reading room: when films come, and when readings begin.

In which order films are read changes neither: no order looks at the reading time, no reading is
broken off, and nobody waits beside a list with films. So one simulation serves every order: the
k-th reading begins at the same time and takes equally long in each (common random numbers).

Source: Kleinrock, "A conservation law for a wide class of queueing disciplines", Naval Research
Logistics Quarterly 12:181-192, 1965. Law, "Simulation Modeling and Analysis", 5th edition, 2015,
11.2 (common random numbers).
"""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import simpy

from tasks.core.statistics.arrays import Floats
from tasks.screen.simulate.clinic import MINUTES, READING_CV, Clinic

_Process = Generator[simpy.Event, None, None]


@dataclass(frozen=True)
class Absence:
    """What happened in one simulated absence.

    arrivals: (n,) float64, hours since the midnight before the departure, ascending.
    starts: (n,) float64, begin of each reading, ascending. Each film is read once.
    earliest: (n,) float64, first time from each arrival on at which a radiologist is there.
    """

    arrivals: Floats
    starts: Floats
    earliest: Floats


def simulate_absence(clinic: Clinic, seed: np.random.SeedSequence) -> Absence:
    """Simulate one absence and the days after it.

    Args:
        clinic: With a horizon if its utilisation is 1 or more.
        seed: Source of the arrivals and of the reading times, which do not share numbers.
    """
    room = _ReadingRoom(clinic, seed)
    room.run()
    back = clinic.leaves_at + clinic.absent_hours
    earliest = [clinic.reading_hours.after(max(time, back), 0.0) for time in room.arrivals]
    return Absence(np.array(room.arrivals), np.array(room.starts), np.array(earliest))


class _ReadingRoom:
    def __init__(self, clinic: Clinic, seed: np.random.SeedSequence) -> None:
        self.arrivals: list[float] = []
        self.starts: list[float] = []
        self._clinic = clinic
        of_films, of_readings = (np.random.default_rng(one) for one in seed.spawn(2))
        self._gap_hours = lambda: of_films.exponential(1 / clinic.arrivals_per_hour)
        self._reading_hours = _reading_law(clinic, of_readings)
        self._room = simpy.Environment(initial_time=clinic.leaves_at)
        self._list = simpy.Store(self._room)  # of films not yet taken up; which one, no matter
        self._cleared = self._room.event()

    def run(self) -> None:
        """Run until the list is empty after the return, or until all films are read."""
        self._room.process(self._take_films())
        for _ in range(self._clinic.radiologists):
            self._room.process(self._read())
        self._room.run(until=self._cleared if self._clinic.horizon_hours is None else None)

    def _take_films(self) -> _Process:
        hours = self._clinic.film_hours
        end = self._clinic.leaves_at + (self._clinic.horizon_hours or math.inf)
        while (clock := hours.after(self._room.now, self._gap_hours())) < end:  # type: ignore[no-untyped-call]
            yield self._room.timeout(clock - self._room.now)
            self.arrivals.append(self._room.now)
            self._list.put(None)

    def _read(self) -> _Process:
        yield self._room.timeout(self._clinic.absent_hours)
        while True:
            yield from self._until_reading_hours()
            if len(self.starts) == len(self.arrivals) and not self._cleared.triggered:
                self._cleared.succeed()
            yield self._list.get()
            yield from self._until_reading_hours()  # the night came while the list was empty
            self.starts.append(self._room.now)
            yield self._room.timeout(self._reading_hours())

    def _until_reading_hours(self) -> _Process:
        opening = self._clinic.reading_hours.after(self._room.now, 0.0)
        if opening > self._room.now:
            yield self._room.timeout(opening - self._room.now)


def _reading_law(clinic: Clinic, rng: np.random.Generator) -> Callable[[], float]:
    """Draws reading times in hours, with the mean of the clinic.

    Source: Johnson, Kotz and Balakrishnan, "Continuous Univariate Distributions", volume 1, 1994,
    chapter 14: a lognormal law of mean m and coefficient of variation c has sigma^2 = log(1 + c^2)
    and mu = log(m) - sigma^2 / 2.
    """
    mean = clinic.reading_minutes / MINUTES
    if clinic.reading_times == "fixed":
        return lambda: mean
    if clinic.reading_times == "exponential":
        return lambda: rng.exponential(mean)
    variance = math.log1p(READING_CV**2)
    return lambda: rng.lognormal(math.log(mean) - variance / 2, math.sqrt(variance))
