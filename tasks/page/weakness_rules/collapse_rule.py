"""Rule on a network that decides next to nothing."""

from tasks.core.html.number_format import EstimateJson, count_of, format_number, format_percent
from tasks.page.figure_text import Finding, bounds_of, estimate_of, figure, short_text
from tasks.page.page_inputs import PageInputs
from tasks.page.page_text import auroc_of, finding_name, normal_name
from tasks.page.weakness_rules.weakness_check import WeaknessCheck

ONE_CLASS_SHARE = 0.95  # of the calls; our choice
COLLAPSED = "collapsed"


def collapsed_network(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether the network calls nearly every test film one class, or decides as a coin does.

    Limit: 95 % of the calls are one class (our choice), or the interval of the balanced accuracy
    reaches 1 / k, which calling one of k classes always gives.
    """
    ranks = figure("AUROC", auroc_of(inputs.evaluation))
    order = f" It may still order the films well ({ranks}), but its calls say nothing."
    results = [_judge(*view, order) for view in _views(inputs.evaluation)]
    known = [one for one in results if one is not None]
    return next((one for one in known if one.is_weak), known[0] if known else None)


def _judge(
    place: str, calls: dict[str, int], balanced: EstimateJson, order: str
) -> WeaknessCheck | None:
    n_films = sum(calls.values())
    if not n_films:
        return None
    most, chance = max(calls, key=lambda label: calls[label]), 1 / len(calls)
    share = format_percent(calls[most] / n_films)
    detail = (
        f"{place} it calls {calls[most]} of {count_of(n_films, 'test film')} {most} ({share}). "
        f"{figure('Balanced accuracy', balanced)}; calling every film one class gives "
        f"{format_number(chance)}."
    )
    if calls[most] == n_films:
        title = f"Calls every film {most}"
        return WeaknessCheck(COLLAPSED, title, detail + order, share, is_weak=True)
    if calls[most] / n_films >= ONE_CLASS_SHARE:
        title = f"Calls {share} of the films {most}"
        return WeaknessCheck(COLLAPSED, title, detail + order, share, is_weak=True)
    ends, number = bounds_of(balanced), short_text(balanced)
    if ends is not None and ends[0] <= chance:
        title = f"Decides no better than chance: balanced accuracy {number}"
        return WeaknessCheck(COLLAPSED, title, detail + order, number, is_weak=True)
    title = f"Tells the classes apart: balanced accuracy {number}"
    return WeaknessCheck(COLLAPSED, title, detail, number, is_weak=False)


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
