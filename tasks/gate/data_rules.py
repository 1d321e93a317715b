"""The rules on the data of a new network and on its validation, against those of the one in use."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tasks.core import paths
from tasks.core.html.number_format import count_of, format_number
from tasks.core.json_form import read_form
from tasks.core.params import GateParams
from tasks.gate.promotion_rules import GateRule
from tasks.gate.released_network import ReleasedNetwork

_VALIDATION = {"passed": bool, "expectations": [{"name": str, "title": str, "passed": bool}]}


def read_validation() -> dict[str, Any]:
    """What the data gate found on today's films.

    Raises:
        OSError: The file is missing.
        TableError: It has another form.
    """
    found: dict[str, Any] = read_form(paths.VALIDATION_JSON, _VALIDATION)
    return found


def passed_rule(validation: Mapping[str, Any]) -> GateRule:
    """The data gate must have let the films pass."""
    return GateRule(
        name="The data gate was passed",
        limit="no error",
        found="no error" if validation["passed"] else "an error",
        passed=validation["passed"],
        reason="the films did not pass the data gate",
    )


def data_rules(
    challenger: ReleasedNetwork,
    champion: ReleasedNetwork,
    validation: Mapping[str, Any],
    params: GateParams,
) -> list[GateRule]:
    """Rules on the films that a network was made from, and on its validation.

    Args:
        challenger: The new network.
        champion: The network in use.
        validation: From `read_validation`, for the films of the new network.
        params: Section `gate`.
    """
    train, train_in_use = _training_labels(challenger), _training_labels(champion)
    return [
        passed_rule(validation),
        _no_new_warning(validation, champion.facts["data_warnings"]),
        _as_many_films(len(train), len(train_in_use), params.max_fewer_films),
        _same_mix(train, train_in_use, params.max_class_shift),
        _validation_rule(
            challenger.validation_auroc, champion.validation_auroc, params.max_validation_loss
        ),
    ]


def _training_labels(released: ReleasedNetwork) -> pd.Series:
    films = released.films
    return films.loc[films["split"] == "train", "label"]


def _no_new_warning(validation: Mapping[str, Any], known: list[str]) -> GateRule:
    new = [
        one["title"]
        for one in validation["expectations"]
        if not one["passed"] and one["name"] not in known
    ]
    return GateRule(
        name="No new warning about the data",
        limit="none that the films of the network in use did not have",
        found="; ".join(new) or "none",
        passed=not new,
        reason=f"the films break a rule that they did not break before: {'; '.join(new)}",
    )


def _as_many_films(n_new: int, n_used: int, max_fewer: float) -> GateRule:
    found = f"{count_of(n_new, 'training film')} against {n_used}"
    return GateRule(
        name="As many training films",
        limit=f"at most {100 * max_fewer:g} % fewer",
        found=found,
        passed=n_new >= n_used * (1 - max_fewer),
        reason=f"it has learned from fewer films: {found}",
    )


def _same_mix(new: pd.Series, used: pd.Series, max_shift: float) -> GateRule:
    shares, shares_used = (one.value_counts(normalize=True) for one in (new, used))
    shifts = shares.sub(shares_used, fill_value=0.0).abs().sort_index()
    name = "no class" if shifts.empty else str(shifts.idxmax())
    of_new, of_used = (format_number(float(one.get(name, 0.0))) for one in (shares, shares_used))
    found = f"the share of {name} is {of_new} against {of_used}"
    return GateRule(
        name="The same mix of classes",
        limit=f"no share of a class differs by more than {max_shift:g}",
        found=found,
        passed=bool((shifts <= max_shift).all()),
        reason=f"its training films have another mix of classes: {found}",
    )


def _validation_rule(new: float | None, used: float | None, max_loss: float) -> GateRule:
    found = f"AUROC {format_number(new, 3)} against {format_number(used, 3)}"
    return GateRule(
        name="Validation is not worse",
        limit=f"AUROC on its own validation films at most {max_loss:g} lower",
        found=found,
        passed=new is not None and (used is None or new >= used - max_loss),
        reason=f"its validation is worse: {found}",
    )
