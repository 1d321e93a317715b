"""Decide on a new network: name both, and compare them unless they are the same."""

from pathlib import Path
from typing import Any

from tasks.core.params import Params
from tasks.gate.decision_json import refusal
from tasks.gate.release_facts import is_same_network, names_of

SAME_NETWORK = "it is the network in use"


def decide_on(challenger: Path, champion: Path | None, params: Params) -> dict[str, Any]:
    """Compare a new network with the one in use, and decide.

    Args:
        challenger: Folder of the new network, as stage `release` writes it.
        champion: Folder of the network in use; None if there is none.
        params: All sections.

    Returns:
        Content of gate.json. `decision` is `promote`, `refuse` or `first`.

    Raises:
        LunglineError: A folder, table or source is missing or damaged, so no decision is possible.
    """
    names = {
        "champion": None if champion is None else names_of(champion),
        "challenger": names_of(challenger),
    }
    if champion is not None and is_same_network(challenger, champion):
        return refusal([SAME_NETWORK]) | {"is_champion": True} | names
    # Loads pandas and ONNX Runtime, which the same network does not need
    from tasks.gate.network_comparison import compare_networks
    from tasks.gate.released_network import read_released

    networks = [read_released(one) for one in (challenger, champion) if one is not None]
    return compare_networks(networks, params) | names
