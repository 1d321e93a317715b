"""The rule that decides, stated before any result.

The record of a search holds it from the first second on, and no result of one rule may stand under
another one: a rule that is written after a look at the results can choose anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scipy.stats import rankdata

from tasks.core.atomic import write_json
from tasks.core.errors import ParamsError
from tests.studies.recipes.checked_files import read_checked
from tests.studies.recipes.work_folder import WorkFolder

RULE: dict[str, Any] = {
    "text": (
        "1. Candidates are the recipes of the family of wide random crops (published evidence"
        " decides for the family); if none was tried, all recipes."
        " 2. The candidates are ranked by each of four validations, the best first: external (mean"
        " AUROC of the cohorts with both classes), adapted, held out, and degraded at its worst."
        " The score is the mean rank; external counts twice, because only its films come from"
        " another place. The lowest score is the best. A validation that a source cannot give is"
        " left out."
        " 3. A candidate is close to the best if the 95 % interval, by patient, of the difference"
        " of their external AUROCs includes 0 (without a cohort: of the next validation in this"
        " order), and if at most three candidates have a lower score. The limit is there because"
        " some hundred films cannot tell most recipes apart, and three seeds of each are a day's"
        " work."
        " 4. Each close candidate gets three seeds; its values are then the means of its networks."
        " Ranks and closeness are taken again, until every close candidate has three seeds."
        " 5. Of the close candidates the one with the lowest score wins; a tie goes to the one with"
        " fewer views, then to the one with smaller squares, then to the one that the catalogue"
        " names first."
        " 6. The test is read once, after that."
    ),
    "weights": {"external": 2, "adapted": 1, "held_out": 1, "degraded_worst": 1},
    "most_close": 4,
    "seeds": 3,
    "order": ["score", "n_views", "size_px"],
}


def state_rule(work: WorkFolder) -> None:
    """Write the rule before the first trial; refuse another rule than that of the results.

    Raises:
        ParamsError: The folder has results of another rule.
    """
    if work.rule.exists():
        check_same_rule(read_rule(work), bool(work.all_facts()), str(work.rule))
    write_json(work.rule, RULE)


def read_rule(work: WorkFolder) -> dict[str, Any]:
    """The rule that was stated in a work folder.

    Raises:
        ParamsError: The file is damaged.
    """
    step = "put the former file back, or name another folder with --work"
    found: dict[str, Any] = read_checked(work.rule, {}, step)
    return found


def check_same_rule(before: Mapping[str, Any] | None, has_results: bool, where: str) -> None:
    """Refuse to put this rule over results of another one.

    Args:
        before: The rule of the record, if it has one.
        has_results: Whether the record has results of that rule.
        where: The record.

    Raises:
        ParamsError: It has results of another rule.
    """
    if has_results and before != RULE:
        raise ParamsError(
            "a rule must be stated before the results that it decides",
            found="results of another rule",
            where=where,
            next_step="start a new record, or use the version of the program with that rule",
        )


def mean_ranks(
    rows: Sequence[Mapping[str, Any]], weights: Mapping[str, float] = RULE["weights"]
) -> list[float]:
    """Weighted mean rank of each row, 1 for the best; ties share their mean rank.

    Args:
        rows: The candidates, each with the value of its kinds of validation.
        weights: Weight of each kind; a kind that a row lacks is left out for all.

    Example:
        >>> rows = [{"a": 0.9, "b": 0.7}, {"a": 0.8, "b": 0.8}]
        >>> mean_ranks(rows, {"a": 2, "b": 1, "c": 1})  # (2 * 1 + 2) / 3, (2 * 2 + 1) / 3
        [1.3333333333333333, 1.6666666666666667]
    """
    kinds = {kind: weight for kind, weight in weights.items() if all(kind in row for row in rows)}
    total = sum(kinds.values())
    scores = [0.0] * len(rows)
    for kind, weight in kinds.items():
        for place, rank in enumerate(rankdata([-row[kind] for row in rows])):
            scores[place] += weight * float(rank) / total
    return scores


def deciding_kind(rows: Sequence[Mapping[str, Any]]) -> str:
    """The first kind of the rule that all rows have; closeness is judged by it."""
    return next(kind for kind in RULE["weights"] if all(kind in row for row in rows))


def candidates(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows among which the rule chooses."""
    return [row for row in rows if row["is_wide"]] or list(rows)


def close_names(ranked: Sequence[Mapping[str, Any]], differs: Sequence[bool]) -> list[str]:
    """Names of the close candidates.

    Args:
        ranked: Candidates with a `score`, the best first.
        differs: Whether the interval of each one's difference to the best excludes 0.
    """
    limit = ranked[: RULE["most_close"]]
    return [row["recipe"] for row, far in zip(limit, differs, strict=False) if not far]


def winner(close: Sequence[Mapping[str, Any]]) -> str | None:
    """The winner among the close candidates, in the order of the catalogue.

    None while one of them has too few seeds.
    """
    if not close or any(row["n_seeds"] < RULE["seeds"] for row in close):
        return None
    return str(min(close, key=lambda row: [row[name] for name in RULE["order"]])["recipe"])
