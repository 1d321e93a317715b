"""Confident learning: films that a model of the other films is sure to be of another class."""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.core.params.reporting import LabelAuditParams
from tasks.core.statistics.arrays import Floats
from tasks.core.tables import SPLITS
from tasks.evaluate.labels.pixel_features import label_free_features

_INVERSE_PENALTY = 0.1  # 0.01 finds about two planted errors less in 20 on the synthetic films
_MAX_ITERATIONS = 2000

_Classes = NDArray[np.int64]


def audit_labels(
    films: pd.DataFrame, images: Pixels, params: LabelAuditParams, seed: int
) -> dict[str, Any]:
    """Find the films whose label is most likely wrong, by confident learning over folds.

    A logistic regression on pixels judges the films of each fold, after it was fitted to the other
    folds. Patients stay in one fold. A film is an issue where the model is as sure of another class
    as it usually is of films with that label. With 20 planted errors among 640 synthetic films, 11
    to 18 of them were among the first 40; among 1,500 films of Kermany's set, 14 to 18 (six seeds
    each, none of which chose a feature or a penalty).

    Args:
        films: Rows of the samples, sorted by `image_id`.
        images: (n, H, W) uint8, aligned with `films`.
        params: Section `evaluate.labels`.
        seed: Seed of the folds.

    Returns:
        Content of labels.json. `gap` says why nothing was audited, or is None. Classes with fewer
        patients than folds are `left_out`: no other fold could know them. `score` is the
        probability of the given label, 0 to 1; the lowest is listed first.

    Source:
        Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels",
        J. Artificial Intelligence Research 70, 2021; library cleanlab.
    """
    n_patients = films.groupby("label")["group_id"].nunique()
    judged = films["label"].isin(n_patients[n_patients >= params.n_folds].index).to_numpy()
    found: dict[str, Any] = {
        "n_images": int(judged.sum()),
        "n_patients": int(films.loc[judged, "group_id"].nunique()),
        "n_folds": params.n_folds,
        "left_out": [
            {"label": label, "n_images": int((films["label"] == label).sum()), "n_patients": int(n)}
            for label, n in n_patients[n_patients < params.n_folds].items()
        ],
    }
    kept = films[judged].reset_index(drop=True)
    if kept["label"].nunique() < 2:
        gap = f"fewer than two classes have {params.n_folds} patients (evaluate.labels.n_folds)"
        return found | _no_audit(gap)
    return found | _audit(kept, images[judged], params, seed)


def _no_audit(gap: str) -> dict[str, Any]:
    undefined = dict.fromkeys(("agreement", "estimated_noise", "n_issues"))
    return {"gap": gap} | undefined | {"per_class": [], "per_split": [], "listed": []}


def _audit(
    films: pd.DataFrame, images: Pixels, params: LabelAuditParams, seed: int
) -> dict[str, Any]:
    from cleanlab.count import estimate_joint
    from cleanlab.filter import find_label_issues
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # has no type hints

    given, names = pd.factorize(films["label"], sort=True)
    with threadpool_limits(limits=1):  # the same order of sums for any number of cores
        features = label_free_features(images)
        probabilities = held_out_probabilities(features, given, films, params.n_folds, seed)
    ranked = find_label_issues(
        given, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1
    )
    joint = estimate_joint(given, probabilities)
    likelier = _likelier(probabilities, given)
    issues = films.assign(is_issue=np.isin(np.arange(len(films)), ranked))
    return {
        "gap": None,
        "agreement": float((probabilities.argmax(axis=1) == given).mean()),
        "estimated_noise": float(1 - np.trace(joint)),
        "n_issues": len(ranked),
        "per_class": [
            _counts(issues[given == index], "label", name)
            | {"estimated_noise": float(1 - joint[index, index] / joint[index].sum())}
            for index, name in enumerate(names)
        ],
        "per_split": [_counts(issues[issues["split"] == one], "split", one) for one in SPLITS],
        "listed": [
            {
                **films.loc[row, ["image_id", "path", "split", "label"]].to_dict(),
                "likelier_label": names[likelier[row]],
                "probabilities": dict(zip(names, probabilities[row].tolist(), strict=True)),
                "score": float(probabilities[row, given[row]]),
            }
            for row in cast(Iterable[int], ranked[: params.n_listed])
        ],
    }


def held_out_probabilities(
    features: Floats, class_index: _Classes, films: pd.DataFrame, n_folds: int, seed: int
) -> Floats:
    """Probability of each class, from a model that has not seen the film or its patient.

    Args:
        features: (n, n_features) float64.
        class_index: (n,) int64, given class of each film.
        films: (n) rows with `group_id`.
        n_folds: Folds by patient; each class has at least this many patients.
        seed: Seed of the folds.

    Returns:
        (n, n_classes) float64, rows sum to 1.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    probabilities: Floats = np.zeros((len(features), class_index.max() + 1))
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    for known, held_out in folds.split(features, class_index, films["group_id"]):
        judge = LogisticRegression(
            C=_INVERSE_PENALTY, class_weight="balanced", max_iter=_MAX_ITERATIONS
        )
        judge.fit(features[known], class_index[known])
        probabilities[np.ix_(held_out, judge.classes_)] = judge.predict_proba(features[held_out])
    return probabilities


def _likelier(probabilities: Floats, given: _Classes) -> _Classes:
    """The most probable class among those that are not the given one."""
    others = probabilities.copy()
    others[np.arange(len(given)), given] = -1.0
    return others.argmax(axis=1)


def _counts(films: pd.DataFrame, key: str, name: str) -> dict[str, Any]:
    return {key: name, "n_images": len(films), "n_issues": int(films["is_issue"].sum())}
