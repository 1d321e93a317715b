"""What the test films can show at all, and what repeated use of them costs, in plain words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tasks.core.html.number_format import count_of, format_number, format_percent
from tasks.core.readings import Reading
from tasks.core.statistics.intervals import Z_95
from tasks.core.statistics.paired_shares import smallest_excluded
from tasks.gate.paired_measures import AUROC, SPECIFICITY, JudgedTruth, Measure
from tasks.gate.promotion_rules import ALPHA

GATE_READING = "gate"  # in the test ledger: a new network on the test films
GATE_CHAMPION_READING = "gate, network in use"
# Quantiles of the normal distribution: 1 - ALPHA / 2 (two tests) and 0.8, the usual power.
# Source: Cohen, "Statistical Power Analysis for the Behavioral Sciences", 1988, section 2.4.
_Z_TEST, _Z_POWER = 2.241402727604947, 0.8416212335729143


def visible_gain(measure: Measure) -> float | None:
    """The smallest true gain that the test shows in 4 of 5 sets of films like these.

    It takes the found width of the interval. None where the films do not show a width.
    """
    if measure.difference is None or measure.interval is None:
        return None
    error = (measure.difference - measure.interval[0]) / Z_95
    return (_Z_TEST + _Z_POWER) * error


def power_sentences(
    measures: Mapping[str, Measure], truth: JudgedTruth, margin: float
) -> list[str]:
    """What these films can and cannot show.

    Args:
        measures: Of both networks.
        truth: About the films.
        margin: Loss of sensitivity that must be excluded.
    """
    sentences = []
    for name in (AUROC, SPECIFICITY):
        gain = visible_gain(measures[name]) if name in measures else None
        if gain is not None:
            word = name if name == AUROC else name.lower()
            sentences.append(
                f"A gain of {word} is usually seen (4 times in 5) only if it is"
                f" {format_number(gain, 3)} or more."
            )
    positive = truth.positive
    counted = truth.groups if positive is None else truth.groups[positive]
    n_patients = int(counted.nunique())
    least = smallest_excluded(n_patients)
    whose = "" if positive is None else " with a finding"
    number = f"{count_of(n_patients, 'patient')}{whose}"
    sentences.append(
        f"Even if the two networks never differed, {number} could not exclude a loss of"
        f" {format_number(least, 3)}."
    )
    if least >= margin:
        sentences.append(
            f"So only a network with a higher sensitivity can pass here; to let an equal one pass"
            f" takes at least {patients_needed(margin)} patients."
        )
    return sentences


def patients_needed(margin: float) -> int:
    """The fewest patients that exclude a loss of the margin, if none of them shows it.

    Example:
        >>> patients_needed(0.05), patients_needed(0.1)
        (72, 36)
    """
    n_patients = 1
    while smallest_excluded(n_patients) >= margin:
        n_patients += 1
    return n_patients


@dataclass(frozen=True)
class LedgerFacts:
    """How often the test split was read.

    n_readings: rows of the ledger. n_networks: distinct networks in it. n_gated: new networks that
    came through this gate, this one included.
    """

    n_readings: int
    n_networks: int
    n_gated: int

    @property
    def chance_of_luck(self) -> float:
        """Largest chance that at least one of the gated networks passes though none is better.

        Source: Bonferroni's inequality has n * alpha; this is the value for independent tests,
        Sidak, J. Am. Stat. Assoc. 62:626-633, 1967.
        """
        return 1.0 - float((1.0 - ALPHA) ** self.n_gated)

    def to_json(self) -> dict[str, Any]:
        """For gate.json, with the sentences of the page."""
        more = {"chance_of_luck": self.chance_of_luck, "sentences": self.sentences()}
        return asdict(self) | more

    def sentences(self) -> list[str]:
        """The cost of repetition, in plain words."""
        return [
            f"The test split has been read {count_of(self.n_readings, 'time')} for"
            f" {count_of(self.n_networks, 'network')}; this is new network number {self.n_gated}"
            " that the gate has judged.",
            f"One equal network passes by luck with a chance of at most {100 * ALPHA:g} %; that at"
            f" least one of {self.n_gated} does, {format_percent(self.chance_of_luck)}. A network"
            " that was chosen on these films also looks a little better on them than on new films.",
            "Take a new test split before this number is large; no correction replaces new films.",
        ]


def ledger_facts(readings: list[Reading]) -> LedgerFacts:
    """Count the rows of the ledger, after those of this gate were added."""
    networks = {one.model_sha256 for one in readings if one.model_sha256}
    gated = {
        (one.model_sha256, one.contract_sha256) for one in readings if one.reading == GATE_READING
    }
    return LedgerFacts(len(readings), len(networks), max(1, len(gated)))
