"""The result of a simulation, as `simulation.json` holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.core.statistics.arrays import Floats
from tasks.screen.simulate.clinic import Clinic
from tasks.screen.simulate.reading_order import ARRIVAL, ORDERS, PERFECT, RANDOM, WORKLIST
from tasks.screen.simulate.scored_films import ScoredFilms
from tasks.screen.simulate.sweeps import Sweeper
from tasks.screen.simulate.uncertainty import Effort, Outcome, simulate_deals, simulate_outcome
from tasks.screen.simulate.wait_estimates import TAILS, wait_change, wait_of
from tasks.screen.simulate.waits import FILM_KINDS, FINDING, NO_FINDING, WAIT_METRICS, Waits

N_RESAMPLES = 200  # of the test films
N_TIMES = 41  # points of each curve of `cumulative`
LONGEST_SHOWN = 0.99  # quantile of the waits at which the curves end
_DIGITS = 6  # after the point: a millionth of an hour
_CURVES = (
    (ARRIVAL, FINDING), (WORKLIST, FINDING), (WORKLIST, NO_FINDING), (PERFECT, FINDING),
)  # fmt: skip


@dataclass(frozen=True)
class Efforts:
    """How much is simulated of the clinic itself, and of each variant of it."""

    whole: Effort
    sweep: Effort


def efforts_of(n_absences: int) -> Efforts:
    """Efforts that grow with the number of simulated absences, 20 or more."""
    return Efforts(
        whole=Effort(n_absences, N_RESAMPLES, n_inside=n_absences // 10),
        sweep=Effort(
            n_absences=max(20, n_absences // 4),
            n_resamples=max(40, n_absences // 2),
            n_inside=n_absences // 25 + 2,
        ),
    )


def simulate_clinic(
    clinic: Clinic, films: ScoredFilms, n_absences: int, seed: int
) -> dict[str, Any]:
    """Simulate a clinic and its variants.

    Args:
        clinic: What is simulated.
        films: Measured scores.
        n_absences: 20 or more.
        seed: Equal arguments give an equal result.

    Returns:
        `network`, `clinic`, `load`, `effort`, facts; `n_films`, mean number per absence of each
        kind; `orders`, each metric of each kind under each order; `changes`, the same less first
        come, first served; `single_absence`, see `_single_absence`; `cumulative`, see
        `_cumulative`; `by_absence` and `by_prevalence`, see `Sweeper`. Hours, or shares in [0, 1].
        An estimate has `value`, `low` and `high`, a 95 % interval; None where not defined.
    """
    efforts = efforts_of(n_absences)
    deals = simulate_deals(clinic, n_absences, seed)
    outcome = simulate_outcome(clinic, films, deals, efforts.whole, seed)
    sweeper = Sweeper(clinic, films, efforts.sweep, seed)
    found: dict[str, Any] = {
        "network": _network_facts(films),
        "clinic": _clinic_facts(clinic),
        "load": {
            "films_per_day": clinic.films_per_day,
            "utilisation": clinic.utilisation,
            "grows_for_ever": clinic.utilisation >= 1,
        },
        "effort": {"seed": seed, "whole": vars(efforts.whole), "sweep": vars(efforts.sweep)},
        "n_films": {
            kind: int(members.sum()) / n_absences for kind, members in outcome.waits.kinds.items()
        },
        "orders": _table(outcome, tuple(ORDERS), wait_of),
        "changes": _table(outcome, (WORKLIST, PERFECT, RANDOM), wait_change),
        "single_absence": _single_absence(outcome),
        "cumulative": _cumulative(outcome.waits),
        "by_absence": sweeper.by_absence(),
        "by_prevalence": sweeper.by_prevalence(deals),
    }
    rounded: dict[str, Any] = _rounded(found)
    return rounded


def _network_facts(films: ScoredFilms) -> dict[str, Any]:
    """What the test films say of the network."""
    positive, missed = films.positive, films.positive & films.called_negative
    return {
        "model": films.model,
        "finding": films.finding,
        "is_synthetic": films.is_synthetic,
        "n_films": len(positive),
        "n_patients": len(np.unique(films.patient)),
        "n_with_finding": int(positive.sum()),
        "n_missed": int(missed.sum()),
        "n_missed_last": int((missed & films.is_last).sum()),
        "auroc": _auroc(films),
        "sensitivity": 1 - float(films.called_negative[positive].mean()),
        "specificity": float(films.called_negative[~positive].mean()),
        "referred": float(films.is_referred.mean()),
    }


def _auroc(films: ScoredFilms) -> float:
    """Chance that a film with the finding has the higher probability; a tie counts one half.

    Source: Hanley and McNeil, Radiology 143:29-36, 1982.
    """
    prob = np.nan_to_num(films.prob_finding, nan=-1.0)
    others = np.sort(prob[~films.positive])
    places = [np.searchsorted(others, prob[films.positive], side) for side in ("left", "right")]
    return float(np.mean(places) / len(others))


def _clinic_facts(clinic: Clinic) -> dict[str, Any]:
    return {
        **vars(clinic),
        "film_hours": str(clinic.film_hours),
        "reading_hours": str(clinic.reading_hours),
        "leaves_at": clinic.leaves_at,
    }


def _table(outcome: Outcome, orders: Sequence[str], of: Any) -> dict[str, Any]:
    return {
        order: {
            kind: {metric: of(outcome, order, kind, metric) for metric in WAIT_METRICS}
            for kind in FILM_KINDS
        }
        for order in orders
    }


def _single_absence(outcome: Outcome) -> dict[str, float | None]:
    """How much one absence differs from the next: films with the finding, worklist, mean wait.

    Returns:
        `low`, `high`: 95 % of the absences change between them, in hours; `share_longer`: share of
        the absences in which these films wait longer. None without such films.
    """
    kind, mean = list(FILM_KINDS).index(FINDING), WAIT_METRICS.index("mean")
    hours = outcome.of_absences[:, :, kind, mean]
    change = hours[:, list(ORDERS).index(WORKLIST)] - hours[:, list(ORDERS).index(ARRIVAL)]
    change = change[np.isfinite(change)]
    if not len(change):
        return {"low": None, "high": None, "share_longer": None}
    low, high = np.percentile(change, TAILS)
    return {"low": low, "high": high, "share_longer": float(np.mean(change > 0))}


def _cumulative(waits: Waits) -> dict[str, Any]:
    """Share of films whose reading has begun, by hours since the film was taken.

    Returns:
        `hours`, and `lines` with `order`, `kind` and `shares`; kinds without films are left out.
    """
    curves = [(o, k, waits.by_order[o][waits.kinds[k]]) for o, k in _CURVES]
    curves = [(order, kind, hours) for order, kind, hours in curves if len(hours)]
    longest = max((np.quantile(hours, LONGEST_SHOWN) for _, _, hours in curves), default=1.0)
    times = np.linspace(0, max(longest, 1e-3), N_TIMES)
    lines = [
        {"order": order, "kind": kind, "shares": _shares_within(hours, times)}
        for order, kind, hours in curves
    ]
    return {"hours": times.tolist(), "lines": lines}


def _shares_within(hours: Floats, times: Floats) -> list[float]:
    places = np.searchsorted(np.sort(hours), times, side="right")
    shares: list[float] = (places / len(hours)).tolist()
    return shares


def _rounded(value: Any) -> Any:
    """The same with floats of `_DIGITS` digits, so that a difference of nothing is 0."""
    if isinstance(value, Mapping):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return round(float(value), _DIGITS) + 0.0 if isinstance(value, float) else value
