"""The same clinic with longer and shorter absences, and with more and fewer findings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.clinic_options import MAX_ABSENCE_FILMS
from tasks.screen.simulate.reading_order import ARRIVAL, PERFECT, UNATTENDED, WORKLIST
from tasks.screen.simulate.scored_films import ScoredFilms
from tasks.screen.simulate.uncertainty import (
    Deals,
    Effort,
    Outcome,
    simulate_deals,
    simulate_outcome,
)
from tasks.screen.simulate.wait_estimates import wait_change, wait_of
from tasks.screen.simulate.waits import FINDING, MISSED, NO_FINDING

ABSENT_HOURS = (16.0, 24.0, 48.0, 72.0, 120.0, 168.0)  # from a night to a week
PREVALENCES = (0.05, 0.1, 0.2, 0.35, 0.5)
SWEPT_KINDS = (FINDING, NO_FINDING, MISSED)
SweepRow = dict[str, Any]


@dataclass(frozen=True)
class Sweeper:
    """Simulates variants of one clinic, with less effort than the clinic itself."""

    clinic: Clinic
    films: ScoredFilms
    effort: Effort
    seed: int

    def by_absence(self) -> list[SweepRow]:
        """One row for each length of the absence: `absent_hours`, and see `_row`."""
        lengths = _with(ABSENT_HOURS, self.clinic.absent_hours)
        return [
            {"absent_hours": hours} | self._row(variant, self._deals(variant))
            for hours, variant in self._possible(lengths)
        ]

    def by_prevalence(self, deals: Deals) -> list[SweepRow]:
        """One row for each share of films with the finding: `prevalence`, and see `_row`.

        Args:
            deals: Of the clinic; how many films come does not depend on the share.
        """
        n = self.effort.n_absences
        some = Deals(deals.absences[:n], deals.numbers[:n])
        shares = _with(PREVALENCES, self.clinic.prevalence)
        return [
            {"prevalence": share} | self._row(self.clinic.with_prevalence(share), some)
            for share in shares
        ]

    def _possible(self, lengths: Sequence[float]) -> Iterator[tuple[float, Clinic]]:
        """Absences that end before the horizon, and with not too many films."""
        for hours in lengths:
            variant = self.clinic.absent(hours)
            has_end = variant.horizon_hours is None or hours < variant.horizon_hours
            if has_end and variant.expected_films <= MAX_ABSENCE_FILMS:
                yield hours, variant

    def _deals(self, clinic: Clinic) -> Deals:
        return simulate_deals(clinic, self.effort.n_absences, self.seed)

    def _row(self, clinic: Clinic, deals: Deals) -> SweepRow:
        """Mean wait of each kind: hours under four orders, and `change` by the worklist."""
        outcome = simulate_outcome(clinic, self.films, deals, self.effort, self.seed)
        return {kind: _mean_waits(outcome, kind) for kind in SWEPT_KINDS}


def _mean_waits(outcome: Outcome, kind: str) -> SweepRow:
    found = {
        order: wait_of(outcome, order, kind, "mean")["value"]
        for order in (ARRIVAL, WORKLIST, PERFECT, UNATTENDED)
    }
    return found | {"change": wait_change(outcome, WORKLIST, kind, "mean")}


def _with(values: Sequence[float], chosen: float) -> list[float]:
    """The values and the chosen one, sorted, each once."""
    return sorted({*values, chosen})
