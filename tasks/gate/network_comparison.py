"""Compare a new network with the one in use, apply the rules, and say the result in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tasks.core import paths
from tasks.core.html.number_format import count_of
from tasks.core.params import GateParams, Params
from tasks.core.readings import read_readings
from tasks.gate.compared_films import TEST, cohort_films, home_films
from tasks.gate.data_rules import data_rules, passed_rule, read_validation
from tasks.gate.decision_json import FIRST, PROMOTE, decision_json, refusal
from tasks.gate.judged_pair import JudgedSet, judge_set, record_gate
from tasks.gate.paired_measures import AUROC, difference_rows
from tasks.gate.plain_limits import LedgerFacts, ledger_facts, power_sentences
from tasks.gate.promotion_rules import (
    ALPHA,
    GateRule,
    chance_rule,
    cohort_rules,
    home_rules,
    in_words,
)
from tasks.gate.released_network import ReleasedNetwork


@dataclass(frozen=True, eq=False)
class GateFindings:
    """What was found on the test films and the external cohorts, and how often they were used.

    ledger: None if the test films were not read.
    """

    home: JudgedSet
    cohorts: Sequence[JudgedSet]
    rules: Sequence[GateRule]
    ledger: LedgerFacts | None


def compare_networks(networks: Sequence[ReleasedNetwork], params: Params) -> dict[str, Any]:
    """Judge networks on the same films, and decide.

    Args:
        networks: The new network, then the one in use if there is one.
        params: All sections.

    Returns:
        Content of gate.json, but for the names of the networks.

    Raises:
        LunglineError: A table, a square or a film is missing or damaged.
    """
    fault = _other_classes(networks)
    if fault:
        return refusal([fault])
    found = _compare(networks, params)
    details = _details(found, params.gate)
    if found.home.gap:
        return refusal([f"the test films cannot judge it: {found.home.gap}"], details)
    broken = [rule.reason for rule in found.rules if not rule.passed]
    if broken:
        return refusal(broken, details)
    return _accepted(found, details)


def _other_classes(networks: Sequence[ReleasedNetwork]) -> str | None:
    """Why two networks answer another question; None if they answer the same one."""
    texts = [
        f"{', '.join(one.classes)} (without a finding: {one.decision.negative_class})"
        for one in (released.network for released in networks)
    ]
    if len(set(texts)) < 2:
        return None
    return f"its classes are {texts[0]}, and those of the network in use are {texts[1]}"


def _compare(networks: Sequence[ReleasedNetwork], params: Params) -> GateFindings:
    films = home_films(networks, params)
    ledger = None
    if films.gap is None:
        record_gate(films, networks)
        ledger = ledger_facts(read_readings(paths.TEST_LEDGER))
    home = judge_set(films, networks, params)
    cohorts = [
        judge_set(cohort_films(name, networks, params), networks, params)
        for name in params.evaluate.external
    ]
    rules = [] if home.gap else list(_rules(home, cohorts, networks, params.gate))
    return GateFindings(home, cohorts, rules, ledger)


def _rules(
    home: JudgedSet,
    cohorts: Sequence[JudgedSet],
    networks: Sequence[ReleasedNetwork],
    margins: GateParams,
) -> Iterator[GateRule]:
    """The rules of a comparison; the first network has only those that need no other one."""
    validation = read_validation()
    if len(networks) == 1:
        yield from (chance_rule(home.measures), passed_rule(validation))
        return
    judged = {one.films.name: one.measures for one in cohorts if one.gap is None}
    yield from home_rules(home.measures, margins.sensitivity_margin)
    yield from cohort_rules(judged, margins.max_external_loss)
    yield from data_rules(networks[0], networks[1], validation, margins)


def _accepted(found: GateFindings, details: Mapping[str, Any]) -> dict[str, Any]:
    ranked = found.home.measures[AUROC]
    auroc = f"AUROC {in_words(ranked.challenger)}"
    on_films = f"on {count_of(len(found.home.films.films), 'test film')}"
    if ranked.champion is None:
        headline = f"The new network becomes the first in use: {auroc} {on_films}."
        return decision_json(FIRST, headline, ["there is no network in use"], details)
    against = f"{auroc} against {in_words(ranked.champion)} {on_films}"
    headline = f"The new network may replace the one in use: {against}."
    reasons = [f"{rule.name[0].lower()}{rule.name[1:]}: {rule.found}" for rule in found.rules]
    return decision_json(PROMOTE, headline, reasons, details)


def _details(found: GateFindings, params: GateParams) -> dict[str, Any]:
    """The rows, rules and numbers of gate.json."""
    sets, home = [found.home, *found.cohorts], found.home
    power: list[str] = []
    if home.truth is not None:
        power = power_sentences(home.measures, home.truth, params.sensitivity_margin)
    rules = [asdict(rule) for rule in found.rules]
    return {
        "rows": [row for one in sets for row in difference_rows(one.films.name, one.measures)],
        "rules": [{k: v for k, v in rule.items() if k != "reason"} for rule in rules],
        "numbers": {
            "alpha": ALPHA,
            "sets": [_set_json(one) for one in sets],
            "power": power,
            "ledger": None if found.ledger is None else found.ledger.to_json(),
        },
    }


def _set_json(judged: JudgedSet) -> dict[str, Any]:
    films, truth = judged.films.films, judged.truth
    positive = None if truth is None else truth.positive
    return {
        "name": judged.films.name,
        "is_test": judged.films.name == TEST,
        "gap": judged.gap,
        "n_films": len(films),
        "n_patients": int(films["group_id"].nunique()),
        "n_positive": None if positive is None else int(positive.sum()),
        "n_refused": list(judged.n_refused),
        "left_out": judged.films.left_out,
    }
