"""Wrong calls in reading order, each with what its nearest training films say."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.core import paths
from tasks.core.decision.hashes import hash_films
from tasks.core.errors import EvaluationError
from tasks.evaluate.errors.nearest_films import Neighbour


def require_films_of(samples: pd.DataFrame, films_sha256: str, predictions: Path) -> None:
    """Check that predictions are those of the test films of the samples.

    Args:
        samples: Rows of the cohort.
        films_sha256: From `hash_films`, over the test films of the predictions.
        predictions: Their file.

    Raises:
        EvaluationError: They are of other films, or of films with other labels.
    """
    test = samples[samples["split"] == "test"]
    if hash_films(test["image_id"], test["label"]) != films_sha256:
        raise EvaluationError(
            "the error book lists wrong calls on the test films of this cohort",
            found=f"other test films, or other labels, than the {len(test)} of {paths.SAMPLES}",
            where=str(predictions),
            next_step="run `dvc repro`, which evaluates the model on these films",
        )


def wrong_calls(test: pd.DataFrame, negative_class: str | None) -> pd.DataFrame:
    """Rows of the wrong calls: false negatives, then false positives, then other wrong classes.

    The surest call comes first in each part. Sureness is the probability of the called side, or of
    the called class. A film with a finding that is called another finding is a wrong class.

    Args:
        test: Test rows of the predictions.
        negative_class: None if no class means "no finding"; then every wrong class counts.

    Returns:
        The rows with `kind` (`FN`, `FP` or `class`) and `call`, the name of the called class.
    """
    films = test.assign(kind=None, call=test["called_class"], sureness=_prob_of_call(test))
    other = films["called_class"] != films["label"]
    if negative_class is not None:
        missed, alarm = films["outcome"].eq("FN"), films["outcome"].eq("FP")
        films.loc[missed, "kind"], films.loc[alarm, "kind"] = "FN", "FP"
        films["sureness"] = films["sureness"].mask(missed, 1 - films["prob_positive"])
        films["sureness"] = films["sureness"].mask(alarm, films["prob_positive"])
        films["call"] = films["call"].mask(missed, negative_class)
        films["call"] = films["call"].mask(alarm, _most_probable_finding(films, negative_class))
        other &= films["outcome"].eq("TP") & (films["called_class"] != negative_class)
    films.loc[other, "kind"] = "class"
    found = films[films["kind"].notna()].copy()
    found["part"] = found["kind"].map({"FN": 0, "FP": 1, "class": 2})
    order = found.sort_values(["part", "sureness", "image_id"], ascending=[True, False, True])
    return order.reset_index(drop=True)


def _class_columns(films: pd.DataFrame) -> list[str]:
    raw = [name for name in films.columns if name.startswith("prob_") and name.endswith("_raw")]
    return [name.removesuffix("_raw") for name in raw]


def _prob_of_call(films: pd.DataFrame) -> pd.Series:
    return films[_class_columns(films)].max(axis=1)


def _most_probable_finding(films: pd.DataFrame, negative_class: str) -> pd.Series:
    findings = [name for name in _class_columns(films) if name != f"prob_{negative_class}"]
    named = films[findings].rename(columns=lambda name: name.removeprefix("prob_"))
    return named.idxmax(axis=1)


def list_errors(
    wrong: pd.DataFrame, nearest: Mapping[str, Sequence[Neighbour]], negative_class: str | None
) -> list[dict[str, Any]]:
    """Entries of the error book.

    Args:
        wrong: From `wrong_calls`.
        nearest: Nearest training films of each image id, from `nearest_films`.
        negative_class: None if no class means "no finding".

    Returns:
        One entry per wrong call. `neighbours_agree_with` is `call` or `label` if more of the
        nearest training films have that side (or class, for a wrong class), else `neither`.
        `call`: the film resembles training films of the other class. `label`: the features were
        right and the last layer was not.
    """
    return [
        _entry(film, nearest[film["image_id"]], negative_class) for film in wrong.to_dict("records")
    ]


def _entry(
    film: dict[Hashable, Any], nearest: Sequence[Neighbour], negative_class: str | None
) -> dict[str, Any]:
    two_sided = film["kind"] != "class"
    prob = film["prob_positive"]
    return {
        **{name: film[name] for name in ("image_id", "path", "label")},
        "outcome": film["outcome"],
        "kind": film["kind"],
        "called_class": film["call"],
        "prob_positive": None if pd.isna(prob) else prob,
        "sureness": film["sureness"],
        "neighbours_agree_with": agreement(
            film["label"],
            film["call"],
            [one["label"] for one in nearest],
            negative_class if two_sided else None,
        ),
        "nearest": list(nearest),
    }


def agreement(label: str, call: str, of_nearest: Sequence[str], negative_class: str | None) -> str:
    """Whether most of the nearest films have the side of the call, or that of the label.

    Args:
        label: Class of the film.
        call: Class that it is called.
        of_nearest: Class of each nearest training film.
        negative_class: Two classes are of one side if both or neither of them is this one; None
            compares the classes themselves.

    Example:
        >>> agreement("NORMAL", "COVID", ["PNEUMONIA", "NORMAL", "COVID"], "NORMAL")
        'call'
        >>> agreement("NORMAL", "COVID", ["PNEUMONIA", "NORMAL", "COVID"], None)
        'neither'
    """

    def side(name: str) -> object:
        return name if negative_class is None else name == negative_class

    votes = Counter(side(name) for name in of_nearest)
    for_call, for_label = votes[side(call)], votes[side(label)]
    if for_call == for_label:
        return "neither"
    return "call" if for_call > for_label else "label"
