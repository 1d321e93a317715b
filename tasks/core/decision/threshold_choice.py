"""Which films chose the thresholds of a contract, and what the locked threshold reaches on them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

UNCHANGED = "unchanged"  # the validation films as they are
ON_VALIDATION = "validation"  # the rule that looks at no other condition
THRESHOLD_RULES = (ON_VALIDATION, "conditions_mean", "conditions_worst")

Rate = dict[str, float]  # value, low, high


@dataclass(frozen=True)
class Condition:
    """What the threshold of the contract reaches on the validation films in one condition.

    name: `UNCHANGED`, or the change that was made to every film. sensitivity, specificity: in
    [0, 1], with a 95 % interval.
    """

    name: str
    sensitivity: Rate
    specificity: Rate


@dataclass(frozen=True)
class ThresholdChoice:
    """How the thresholds were chosen.

    rule: `evaluate.threshold_on` of params.yaml. conditions: the films that chose them, and what
    the threshold that calls the films reaches there; empty without a negative class.
    """

    rule: str
    conditions: tuple[Condition, ...]

    def as_dict(self) -> dict[str, Any]:
        """The choice as it stands in the contract."""
        return {"rule": self.rule, "conditions": [asdict(one) for one in self.conditions]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | None) -> "ThresholdChoice":
        """Read a choice from a contract.

        Args:
            values: Result of `as_dict`. None: a contract of an earlier release, whose thresholds
                the unchanged validation films chose.

        Raises:
            KeyError, TypeError, ValueError: It has another form.
        """
        if values is None:
            return cls(ON_VALIDATION, ())
        if values["rule"] not in THRESHOLD_RULES:
            raise ValueError(f"thresholds chosen by the unknown rule {values['rule']}")
        conditions = tuple(
            Condition(str(one["name"]), _rate(one["sensitivity"]), _rate(one["specificity"]))
            for one in values["conditions"]
        )
        return cls(values["rule"], conditions)


def _rate(values: Mapping[str, Any]) -> Rate:
    """A share with its interval; ValueError if it is not one."""
    rate = {name: float(values[name]) for name in ("value", "low", "high")}
    if not 0.0 <= rate["low"] <= rate["value"] <= rate["high"] <= 1.0:
        raise ValueError(f"{rate} is no share with an interval")
    return rate
