"""Scores and clinics for tests of the simulation."""

import numpy as np

from tasks.core.network.screened_film import USUAL_ORDER
from tasks.core.statistics.arrays import Floats
from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.day_hours import DayHours
from tasks.screen.simulate.scored_films import ScoredFilms, places_in_worklist

DAY = DayHours(0, 24)
THRESHOLD = 0.5


def scored_films(with_finding: Floats, without: Floats) -> ScoredFilms:
    """Return films with the given probabilities, each of a patient of its own, none referred."""
    prob = np.concatenate([with_finding, without])
    n = len(prob)
    called = prob >= THRESHOLD
    groups = np.where(called, 1, USUAL_ORDER)
    return ScoredFilms(
        model="ann",
        finding="PNEUMONIA",
        is_synthetic=True,
        patient=np.arange(n),
        positive=np.arange(n) < len(with_finding),
        prob_finding=prob,
        called_negative=~called,
        is_referred=np.zeros(n, dtype=bool),
        urgency=places_in_worklist(groups, prob),
        is_last=groups == USUAL_ORDER,
    )


def queue(utilisation: float, horizon_hours: float, **changes: object) -> Clinic:
    """Return a clinic that is never closed, with readings of 6 minutes and nearly no absence."""
    values: dict[str, object] = {
        "prevalence": 0.25,
        "arrivals_per_hour": 10 * utilisation,
        "reading_minutes": 6.0,
        "absent_hours": 1e-9,
        "film_hours": DAY,
        "reading_hours": DAY,
        "horizon_hours": horizon_hours,
    }
    return Clinic(**values | changes)  # type: ignore[arg-type]
