"""How unlike the films of a cohort are, compared with the validation films at home."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.auroc import auroc_interval, concordance
from tasks.evaluate.external.square_statistics import compare_squares
from tasks.evaluate.metric_intervals import EstimateDict, with_interval
from tasks.evaluate.metrics import Scored

_N_FOLDS = 5
_PENALTY = 0.01  # inverse strength; features are many and films few, so the fit must be stiff


@dataclass(frozen=True)
class SeenFilms:
    """Films as a network sees them.

    table: rows of the predictions. images: (n, H, W, 1) uint8. features: (n, n_features) float64.
    """

    table: pd.DataFrame
    images: Pixels
    features: Floats


def measure_unlikeness(home: SeenFilms, cohort: SeenFilms, resamples: Floats) -> dict[str, Any]:
    """Compare the films of a cohort with the validation films at home. No label is read.

    The two sets may hold other shares of findings: part of the difference is then the disease.

    Args:
        home: Validation films.
        cohort: Films of the cohort, at least one.
        resamples: (R, n) from `bootstrap.resample_patients` for the cohort.

    Returns:
        `novel` and `novel_at_home`, shares that the novelty score flags; `domain_auroc`, of a
        classifier that tells the two sets apart, see `domain_auroc`; `statistics`, see
        `compare_squares`; `sentences`.
    """
    found = {
        "novel": _share(cohort.table, resamples),
        "novel_at_home": float(home.table["is_novel"].mean()),
        "domain_auroc": domain_auroc(
            home.features, cohort.features, home.table["group_id"], cohort.table["group_id"]
        ),
        "statistics": compare_squares(home.images, cohort.images),
    }
    return found | {"sentences": _sentences(found)}


def domain_auroc(
    home: Floats, cohort: Floats, home_patients: pd.Series, cohort_patients: pd.Series
) -> EstimateDict:
    """AUROC with which a linear classifier tells the two sets from their features.

    0.5: it cannot; 1: every film shows where it comes from. A film is scored by a classifier of
    other patients (5 folds), and compared with films of its own fold only: the scores of two
    classifiers have no common zero.

    Args:
        home: (n, n_features) float64.
        cohort: (m, n_features) float64.
        home_patients: (n,) patient (group) of each film.
        cohort_patients: (m,) patient of each film.

    Returns:
        The AUROC with its 95 % interval (which counts patients); None with fewer patients than
        folds on one side.

    Source: Ben-David et al., "A theory of learning from different domains", Machine Learning 79,
    2010 (a classifier of the domain measures their distance).
    """
    n_patients = home_patients.nunique(), cohort_patients.nunique()
    if min(n_patients) < _N_FOLDS:
        return {"value": None, "low": None, "high": None}
    features = np.concatenate([home, cohort])
    from_cohort = np.arange(len(features)) >= len(home)
    patients = [*("home:" + home_patients.astype(str)), *("cohort:" + cohort_patients.astype(str))]
    value = _cross_validated(features, from_cohort, patients)
    found = auroc_interval(value, n_positive=n_patients[1], n_negative=n_patients[0])
    return {"value": value, "low": found.low, "high": found.high}


def _cross_validated(features: Floats, from_cohort: Bools, patients: list[str]) -> float:
    """Share of concordant pairs within folds by patient."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    concordant, n_pairs = 0.0, 0
    for train, test in StratifiedGroupKFold(_N_FOLDS).split(features, from_cohort, patients):
        balanced = LogisticRegression(C=_PENALTY, class_weight="balanced", max_iter=2000)
        model = make_pipeline(StandardScaler(), balanced)
        model.fit(features[train], from_cohort[train])
        of_fold = concordance(model.decision_function(features[test]), from_cohort[test])
        concordant, n_pairs = concordant + of_fold[0], n_pairs + of_fold[1]
    return concordant / n_pairs


def _share(films: pd.DataFrame, resamples: Floats) -> EstimateDict:
    """Share of novel films with its 95 % interval by patient."""
    novel = films["is_novel"].to_numpy(dtype=bool)
    flagged = Scored(novel, np.ones_like(novel), novel.astype(np.float64))
    return with_interval("accuracy", flagged, films["group_id"], resamples)


def _sentences(found: dict[str, Any]) -> list[str]:
    novel, at_home = found["novel"]["value"], found["novel_at_home"]
    sentences = [
        f"The novelty score flags {_percent(novel)} of these films, and {_percent(at_home)} of the "
        "validation films."
    ]
    if (value := found["domain_auroc"]["value"]) is not None:
        sentences.append(
            "A classifier on the network's features tells a film of this place from a validation "
            f"film in {_percent(value)} of pairs (50 % is chance)."
        )
    first = found["statistics"][0]
    if first["difference"] is not None:
        more = "higher" if first["difference"] > 0 else "lower"
        sentences.append(
            f"The largest difference is {first['name']}: {abs(first['difference']):.1f} standard "
            f"deviations {more} than at home."
        )
    return sentences


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
