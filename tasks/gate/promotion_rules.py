"""The rules that a new network must pass on the films, in their order.

Sensitivity comes first and specificity and AUROC are tested only if it passed, so each step has the
whole level of 0.025. An equal network passes all steps with a chance of at most that level.

Source:
    Fixed sequence: Westfall and Krishen, J. Stat. Plan. Inference 99:25-40, 2001. All steps must
    pass: Berger, Technometrics 24:295-300, 1982. One of two measures: Holm, Scand. J. Stat.
    6:65-70, 1979. Level and non-inferiority: ICH E9, 1998, sections 3.3.2 and 5.5.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tasks.core.html.number_format import format_number
from tasks.core.statistics.intervals import CHANCE, Estimate
from tasks.core.statistics.multiple_tests import holm
from tasks.gate.paired_measures import ACCURACY, AUROC, SENSITIVITY, SPECIFICITY, Measure

ALPHA = 0.025  # one-sided; the lower end of an interval of 95 % is that of this test


@dataclass(frozen=True)
class GateRule:
    """A rule: what it asks for, its limit, what was found, and the reason if it is broken."""

    name: str
    limit: str
    found: str
    passed: bool
    reason: str


def chance_rule(measures: Mapping[str, Measure]) -> GateRule:
    """AUROC must be above that of scores that say nothing, with its whole interval."""
    found = measures[AUROC].challenger
    return GateRule(
        name="Better than chance",
        limit=f"the 95 % interval of AUROC lies above {CHANCE}",
        found=f"AUROC {in_words(found)}",
        passed=found.low > CHANCE,
        reason=f"its AUROC of {in_words(found)} is not shown to be better than chance",
    )


def home_rules(measures: Mapping[str, Measure], margin: float) -> list[GateRule]:
    """The rules on the test films, in the order of their tests.

    Args:
        measures: Of both networks, from `measure_pair`.
        margin: Loss of sensitivity that must be excluded, above 0.
    """
    not_worse = _not_worse(measures.get(SENSITIVITY, measures[ACCURACY]), margin)
    return [chance_rule(measures), not_worse, _better(measures, not_worse)]


def _not_worse(measure: Measure, margin: float) -> GateRule:
    """Without a negative class there is no sensitivity, and accuracy takes its place."""
    low, name = (measure.interval or (-1.0, 1.0))[0], measure.name.lower()
    loss = format_number(max(-low, 0.0), 3)
    return GateRule(
        name=f"{measure.name} is not lower",
        limit=f"a loss of {margin:g} is excluded (one-sided, level {ALPHA})",
        found=f"difference {signed(measure.difference)}; losses above {loss} are excluded",
        passed=low > -margin,
        reason=f"a loss of {name} of {margin:g} is not excluded: it may be as large as {loss}",
    )


def _better(measures: Mapping[str, Measure], before: GateRule) -> GateRule:
    names = (AUROC, SPECIFICITY) if SPECIFICITY in measures else (ACCURACY,)
    asked = " or ".join(name if name == AUROC else name.lower() for name in names)
    p_values = {name: measures[name].p_better for name in names}
    tested = {name: p for name, p in p_values.items() if p is not None}
    # An untested measure stays in the count of tests: it could have been the one that passes
    corrected = holm(np.array([1.0 if p is None else p for p in p_values.values()]))
    passed = before.passed and bool(tested) and float(corrected.min()) <= ALPHA
    found = "not tested, because the rule before it is broken"
    if before.passed:
        pairs = zip(names, corrected.tolist(), strict=True)
        found = "; ".join(
            f"{name} {signed(measures[name].difference)}, p {format_number(p, 3)}"
            if name in tested
            else f"{name} {signed(measures[name].difference)}, not testable"
            for name, p in pairs
        )
    return GateRule(
        name=f"Better in {asked}",
        limit=f"corrected p of at most {ALPHA} (one-sided, Holm)",
        found=found,
        passed=passed,
        reason=f"it is not shown to be better in {asked}",
    )


def cohort_rules(
    cohorts: Mapping[str, Mapping[str, Measure]], max_loss: float
) -> Iterator[GateRule]:
    """One rule for each external cohort: no loss may be shown there, nor a large one be found.

    Args:
        cohorts: Measures of both networks by the name of the cohort.
        max_loss: Of AUROC.
    """
    for name, measures in cohorts.items():
        ranked = measures[AUROC]
        shown = [
            one.name
            for one in measures.values()
            if one.name in (AUROC, SENSITIVITY) and one.p_worse is not None and one.p_worse <= ALPHA
        ]
        loss = -(ranked.difference or 0.0)
        lost = [f"AUROC falls by {format_number(loss, 3)}"] if loss > max_loss else []
        lost += [f"{one} is shown to be lower" for one in shown]
        yield GateRule(
            name=f"No loss on {name}",
            limit=f"AUROC at most {max_loss:g} lower; no loss of AUROC or sensitivity is shown",
            found="; ".join([f"AUROC {signed(ranked.difference)}", *lost]),
            passed=not lost,
            reason=f"on the external cohort {name} {' and '.join(lost)}",
        )


def in_words(estimate: Estimate) -> str:
    """An estimate as text.

    Example:
        >>> in_words(Estimate(0.9, 0.85, 0.94))
        '0.90 (0.85 to 0.94)'
    """
    value, low, high = (format_number(one) for one in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low} to {high})"


def signed(difference: float | None) -> str:
    """A difference as text with its sign.

    Example:
        >>> signed(0.0123), signed(0.0), signed(None)
        ('+0.012', '0.000', 'unknown')
    """
    if difference is None:
        return "unknown"
    text = format_number(difference, 3)
    return f"+{text}" if difference > 0 and float(text) > 0 else text
