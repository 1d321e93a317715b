"""Sentences of the index: which network is best on validation, what it beats, its threshold."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.html.number_format import EstimateJson, format_interval, format_number
from tasks.core.threshold_words import asked_and_found, choosing_films
from tasks.report.comparison import lead_over, strongest_baseline


def index_sentence(
    summaries: Sequence[Mapping[str, Any]],
    baselines: Sequence[Mapping[str, Any]],
    comparison: Mapping[str, Any],
) -> str:
    """Classes, best network on validation, and its lead over the strongest trivial baseline.

    Args:
        summaries: Contents of `data/summaries/<model>.json`.
        baselines: Content of `reports/baselines.json`.
        comparison: Content of `reports/comparison.json`.
    """
    best = best_on_validation(summaries)
    strongest = strongest_baseline(baselines)
    lead = lead_over(best["model"], strongest, comparison)
    task = _task(best["evaluation"])
    if len(summaries) == 1:
        start = f"{best['model']} {task}"
    else:
        start = (
            f"Of {len(summaries)} networks that {_plural(task)}, {best['model']} has the highest "
            f"AUROC on the validation films"
        )
    return f"{start}; on the test films {_against_baseline(best, strongest, lead)}."


def best_on_validation(summaries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The summary with the highest AUROC on validation; the mean AUROC without a negative class.

    Equal networks: the first in the order of params.yaml. Undefined is lowest.
    """
    return max(summaries, key=lambda one: _auroc(one["evaluation"], "validation")["value"] or 0.0)


def positive_words(evaluation: Mapping[str, Any]) -> str:
    """What “positive” means on the page, as a sentence."""
    negative = evaluation["negative_class"]
    if negative is None:
        return "Nothing on this page: no class means “no finding”."
    positive = [name for name in evaluation["classes"] if name != negative]
    return (
        f"A film of {_and(positive, 'or')}: one with a finding. A film of {negative} is negative."
    )


def threshold_sentences(summaries: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each network: its threshold, which films chose it, and what it reaches on them.

    Args:
        summaries: Contents of `data/summaries/<model>.json`.

    Returns:
        Nothing without a negative class.
    """
    points = {one["model"]: one["evaluation"]["operating_point"] for one in summaries}
    return [
        " ".join(
            filter(
                None,
                (
                    f"Threshold of {model}: {format_number(point['threshold'], 3)},",
                    f"chosen on {choosing_films(point)}.",
                    asked_and_found(point),
                ),
            )
        )
        for model, point in points.items()
        if point["threshold"] is not None
    ]


def _auroc(evaluation: Mapping[str, Any], split: str) -> EstimateJson:
    found: EstimateJson
    if evaluation["negative_class"] is None:
        found = evaluation["classes_view"][split]["macro"]["auroc"]
    else:
        found = evaluation[split]["auroc"]
    return found


def _task(evaluation: Mapping[str, Any]) -> str:
    negative = evaluation["negative_class"]
    if negative is None:
        return f"tells {_and(evaluation['classes'])} apart (no class means “no finding”)"
    positive = [name for name in evaluation["classes"] if name != negative]
    return f"tells {_and(positive)} (positive) from {negative}"


def _plural(task: str) -> str:
    return task.replace("tells", "tell", 1)


def _and(names: Sequence[str], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def _against_baseline(best: Mapping[str, Any], strongest: str | None, lead: EstimateJson) -> str:
    auroc = _auroc(best["evaluation"], "test")
    if auroc["value"] is None:
        return "its AUROC is undefined"
    ends = format_interval(auroc)
    text = f"its AUROC is {format_number(auroc['value'])}"
    text += f" (95 % interval {ends})" if ends else ""
    if strongest is None or lead["value"] is None:
        return f"{text}, and no trivial baseline is there to compare with"
    interval = format_interval(lead) or "interval undefined"
    difference = format_number(abs(lead["value"]))
    rival = f"the strongest trivial baseline, “{strongest}”"
    where = "above" if lead["value"] >= 0 else "below"
    text = f"{text}, {difference} {where} {rival} (95 % interval of the difference {interval})"
    if lead["low"] is None or lead["high"] is None:
        return text
    if lead["low"] > 0:
        return text
    is_worse = lead["high"] < 0
    return f"{text}: it {'is worse than' if is_worse else 'is not shown to beat'} that baseline"
