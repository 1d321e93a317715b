"""What the case browser says of each test film."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tasks.page.page_inputs import JsonObject

# Groups of ages as the subgroups of the evaluation have them: infants, children, adults, the old
_AGE_GROUPS = (
    (1, "under 1 year"),
    (5, "1 to 4 years"),
    (18, "5 to 17 years"),
    (65, "18 to 64 years"),
    (1000, "65 years and older"),
)
_GROUP_TITLES = {"subtype": "Subtype", "site": "Site", "sex": "Sex", "age": "Age"}
_SETS = "|"  # between the classes of `class_set`
Record = dict[str, Any]


def case_records(
    films: pd.DataFrame, evaluation: JsonObject, persons: pd.DataFrame
) -> list[Record]:
    """One record per test film, sorted by image_id, with JSON values.

    Args:
        films: Predictions of the test films. Columns of logits, novelty and class sets may lack.
        evaluation: Content of `evaluation.json`.
        persons: `age_years` and `sex` by image_id.

    Returns:
        `called`: the class at the threshold; `probable`: the most probable class. `outcome`: TP,
        TN, FP or FN; `right` or `wrong` without a negative class. `is_wrong`: another class than
        the label's. `margin`: distance of the probability to the threshold; without a negative
        class, that of the two most probable classes.
    """
    rows = films.sort_values("image_id").to_dict("records")
    return [_record({str(key): value for key, value in row.items()}, evaluation, persons)
            for row in rows]  # fmt: skip


def group_filters(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Filters by group: `name`, `title` and `values` of each group in which the films differ."""
    filters = []
    for name, title in _GROUP_TITLES.items():
        values = sorted({record["groups"][name] for record in records if name in record["groups"]})
        if len(values) > 1:
            filters.append({"name": name, "title": title, "values": values})
    return filters


def _record(film: Mapping[str, Any], evaluation: JsonObject, persons: pd.DataFrame) -> Record:
    classes = evaluation["classes"]
    probabilities = [float(film[f"prob_{name}"]) for name in classes]
    called = called_at_threshold(film, evaluation)
    is_two_sided = evaluation["negative_class"] is not None
    outcome = film["outcome"] if is_two_sided else None
    is_wrong = called != film["label"]
    return {
        **{key: film[key] for key in ("image_id", "path", "label")},
        "patient": film["patient_id"],
        "called": called,
        "probable": film["called_class"],
        "outcome": outcome or ("wrong" if is_wrong else "right"),
        "is_wrong": is_wrong,
        "probability": float(film["prob_positive"]) if is_two_sided else max(probabilities),
        "margin": _margin(film, evaluation, probabilities),
        "probabilities": probabilities,
        "logits": [_number(film.get(f"logit_{name}")) for name in classes],
        "novelty": _number(film.get("novelty")),
        "is_novel": bool(film.get("is_novel", False)),
        "is_refused": bool(film.get("is_refused", False)),
        "is_referred": bool(film.get("is_referred", False)),
        "class_set": _members(film.get("class_set")),
        "groups": _groups(film, persons),
    }


def called_at_threshold(film: Mapping[str, Any], evaluation: JsonObject) -> str:
    """Class that the film is called: at the threshold, the most probable finding or none.

    Without a negative class it is the most probable class.
    """
    negative = evaluation["negative_class"]
    if negative is None:
        return str(film["called_class"])
    if film["outcome"] not in ("TP", "FP"):
        return str(negative)
    findings = [name for name in evaluation["classes"] if name != negative]
    return str(max(findings, key=lambda name: film[f"prob_{name}"]))


def _margin(film: Mapping[str, Any], evaluation: JsonObject, probabilities: list[float]) -> float:
    if evaluation["negative_class"] is None:
        second, first = sorted(probabilities)[-2:]
        return first - second
    return abs(float(film["prob_positive"]) - float(evaluation["operating_point"]["threshold"]))


def _members(text: Any) -> list[str] | None:
    if text is None or pd.isna(text):
        return None
    return [name for name in str(text).split(_SETS) if name]


def _groups(film: Mapping[str, Any], persons: pd.DataFrame) -> dict[str, str]:
    found = {"subtype": film.get("subtype"), "site": film.get("site"), "sex": None, "age": None}
    if film["image_id"] in persons.index:
        person = persons.loc[film["image_id"]]
        found |= {"sex": person["sex"], "age": _age_group(person["age_years"])}
    return {name: str(value) for name, value in found.items() if not pd.isna(value)}


def _age_group(years: float | None) -> str | None:
    if years is None or pd.isna(years):
        return None
    return next(name for end, name in _AGE_GROUPS if years < end)


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
