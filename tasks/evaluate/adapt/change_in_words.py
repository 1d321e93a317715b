"""What adapting changed, in plain words, and only where the interval supports it."""

from collections.abc import Mapping

from tasks.evaluate.metric_intervals import EstimateDict

_SIDES = ("sensitivity", "specificity")  # a moved threshold raises the one and lowers the other
_NAMES = {"auroc": "AUROC", "sensitivity": "sensitivity", "specificity": "specificity"}


def describe_change(change: Mapping[str, EstimateDict]) -> str:
    """One or two sentences: whether it helped, harmed, or moved the operating point.

    On films of one side nobody knows: each lower threshold raises the sensitivity.

    Args:
        change: Difference, after minus before, of each metric.

    Example:
        >>> change = {"sensitivity": {"value": 0.0, "low": -0.01, "high": 0.01}}
        >>> change["specificity"] = {"value": 0.1, "low": 0.05, "high": 0.16}
        >>> describe_change(change)
        'It helped: specificity rose by 0.100 (0.050 to 0.160).'
    """
    rose = [name for name, one in change.items() if one["low"] is not None and one["low"] > 0]
    fell = [name for name, one in change.items() if one["high"] is not None and one["high"] < 0]
    if not rose and not fell:
        return "No change is shown: every interval holds 0 or is undefined."
    unknown = [name for name in _SIDES if name in change and change[name]["value"] is None]
    verdict = "It helped" if not fell else "It harmed"
    if rose and fell:
        verdict = "It moved the operating point"
    elif unknown and "auroc" not in (*rose, *fell):
        verdict = f"Whether it helped is unknown, without any {_NAMES[unknown[0]]}"
    parts = [f"{_NAMES[name]} rose by {_shown(change[name], 1)}" for name in rose]
    parts += [f"{_NAMES[name]} fell by {_shown(change[name], -1)}" for name in fell]
    return f"{verdict}: {', '.join(parts)}."


def _shown(change: EstimateDict, sign: int) -> str:
    """A change and its interval without its sign: `0.100 (0.050 to 0.160)`."""
    value, low, high = (sign * (change[key] or 0.0) for key in ("value", "low", "high"))
    return f"{value:.3f} ({min(low, high):.3f} to {max(low, high):.3f})"


def describe_prevalence(home: float, there: float, reanchored: float, fixed: float) -> str:
    """What the re-anchored threshold does where the prevalence differs from that at home.

    Args:
        home: Share of validation films with a finding.
        there: The same at the other place, by its labels, which the threshold does not use.
        reanchored: Threshold from the unlabelled scores.
        fixed: Threshold of the contract.

    Example:
        >>> print(describe_prevalence(0.7, 0.2, reanchored=0.1, fixed=0.4))
        The threshold moved from 0.4 to 0.1. It keeps the share of films called positive. At home\
 70 % of the films have a finding, and there 20 %, so the threshold is too low: more normal films\
 are called positive.
    """
    moved = f"The threshold moved from {fixed:.3g} to {reanchored:.3g}."
    rule = "It keeps the share of films called positive."
    shares = f"At home {home:.0%} of the films have a finding, and there {there:.0%}"
    shares = shares.replace("%", " %")
    if abs(home - there) < 0.005:
        return f"{moved} {rule} {shares}, so the rule fits."
    effect = "low: more normal films are called positive"
    if there > home:
        effect = "high: findings are missed"
    return f"{moved} {rule} {shares}, so the threshold is too {effect}."
