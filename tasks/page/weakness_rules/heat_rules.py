"""Rules on the explanations: where the heat lies, and whether a method explains anything."""

from tasks.core.html.number_format import count_of, format_number
from tasks.page.figure_text import (
    Finding,
    bounds_of,
    estimate_of,
    interval_text,
    joined,
    short_text,
)
from tasks.page.page_inputs import PageInputs
from tasks.page.weakness_rules.weakness_check import WeaknessCheck


def heat_outside_lungs(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether the heat of the best method lies in the lung fields more than by chance.

    Limit: the whole interval of the share of heat is above the share of the film that the lung
    fields fill, which heat without a preference would have.
    """
    method = _best(inputs.grades["methods"])
    share = estimate_of(method, "lungs", "share")
    if method is None or share["value"] is None:
        return None
    title = _titles(inputs)[method["name"]]
    area, ends = method["lungs"]["area"], bounds_of(share)
    number = f"{short_text(share)}, by chance {format_number(area)}"
    detail = (
        f"{title}, on {count_of(method['lungs']['n_films'], 'film')}: a share of "
        f"{interval_text(share)} of the heat lies in the lung fields, which fill "
        f"{format_number(area)} of the film. The rest lies outside them."
    )
    if ends is not None and ends[0] > area:
        title = f"Its heat prefers the lungs: share {number}"
        return WeaknessCheck("heat_outside_lungs", title, detail, number, is_weak=False)
    title = f"Its heat does not prefer the lungs: share {number}"
    return WeaknessCheck("heat_outside_lungs", title, detail, number, is_weak=True)


def no_sane_method(inputs: PageInputs) -> WeaknessCheck | None:
    """Whether at least one method depends on what the network has learned.

    Source:
        Adebayo et al., NeurIPS 2018: a map that stays when the weights are random explains nothing.
    """
    methods, titles = inputs.grades["methods"], _titles(inputs)
    if not methods:
        return None
    named = {
        passed: [titles[one["name"]] for one in methods if one["sanity"]["passed"] is passed]
        for passed in (True, False, None)
    }
    sane, number = named[True], f"{len(named[True])} of {len(methods)}"
    listed = {passed: joined(names or ["none"]) for passed, names in named.items()}
    detail = (
        "The maps must change when the weights of the network are made random. Passed: "
        f"{listed[True]}. Failed: {listed[False]}. Not computable: {listed[None]}."
    )
    if sane:
        title = f"{number} explanation methods depend on what the network learned"
        return WeaknessCheck("no_sane_method", title, detail, number, is_weak=False)
    title = "No explanation method is shown to depend on what the network learned"
    return WeaknessCheck("no_sane_method", title, detail, number, is_weak=True)


def _titles(inputs: PageInputs) -> dict[str, str]:
    """Titles of the methods by name."""
    return {one["name"]: one["title"] for one in inputs.explanations["methods"]}


def _best(methods: list[Finding]) -> Finding | None:
    """The method of the best rank; those that fail their sanity check rank last."""
    return min(methods, key=lambda one: int(one["rank"]), default=None)
