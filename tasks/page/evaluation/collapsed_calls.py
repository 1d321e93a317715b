"""Rule on a network that decides next to nothing."""

from tasks.core.html.number_format import EstimateJson, count_of, format_number, format_percent
from tasks.page.evaluation.statement import Finding, Statement, bounds_of, estimate_of, figure
from tasks.page.page_text import finding_name, normal_name

ONE_CLASS_SHARE = 0.95  # of the calls; our choice


def collapse(evaluation: Finding) -> Statement | None:
    """Whether the network calls nearly every test film one class, or decides as a coin does.

    Limit: 95 % of the calls are one class (our choice), or the interval of the balanced accuracy
    reaches 1 / k, which calling one of k classes always gives.
    """
    for name, calls, balanced in _views(evaluation):
        n_films = sum(calls.values())
        if not n_films:
            continue
        most = max(calls, key=lambda label: calls[label])
        share, chance = calls[most] / n_films, 1 / len(calls)
        ends = bounds_of(balanced)
        is_chance = ends is not None and ends[0] <= chance
        if share >= ONE_CLASS_SHARE or is_chance:
            return Statement(
                "bad",
                "It decides next to nothing",
                f"{name} it calls {calls[most]} of {count_of(n_films, 'test film')} {most} "
                f"({format_percent(share)}). {figure('Balanced accuracy', balanced)}; "
                f"calling every film one class gives {format_number(chance)}. A good AUROC would "
                "not change that: it says how the films are ordered, not what they are called.",
            )
    return None


def _views(evaluation: Finding) -> list[tuple[str, dict[str, int], EstimateJson]]:
    """Calls by class and balanced accuracy: at the operating point, and by the likeliest class."""
    views = []
    if evaluation["negative_class"] is not None:
        c = evaluation["test"]["confusion"]
        finding, normal = finding_name(evaluation), normal_name(evaluation)
        calls = {finding: c["tp"] + c["fp"], normal: c["tn"] + c["fn"]}
        balanced = estimate_of(evaluation, "test", "balanced_accuracy")
        views.append(("At its operating point", calls, balanced))
    classes = evaluation["classes_view"]["test"]
    called = [sum(column) for column in zip(*classes["matrix"], strict=True)]
    calls = dict(zip(classes["labels"], called, strict=True))
    views.append(("By the likeliest class", calls, estimate_of(classes, "balanced_accuracy")))
    return views
