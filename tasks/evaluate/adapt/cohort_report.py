"""Adapt one model to one external cohort: its part of `adaptation.json`, and its network file."""

from pathlib import Path
from typing import Any

import numpy as np

from tasks.core import paths
from tasks.core.decision.hashes import hash_file, hash_json
from tasks.core.params import EvaluateParams
from tasks.evaluate.adapt.adapted_file import write_adapted
from tasks.evaluate.adapt.change_in_words import describe_prevalence
from tasks.evaluate.adapt.film_draws import Positions, class_mix, draw_films, films_needed
from tasks.evaluate.adapt.site import Site, judge_ways

NOTHING_TO_ADAPT = "the network has no batch normalisation, so it has no statistics to adapt"
SWITCHED_OFF = "evaluate.adapt.layers is none, so no network was adapted"
CAUTION = (
    "New statistics can harm, above all where the classes have other shares than at home"
    " (Vianna et al., PMLR 274:514-533, 2025). Labels were used here to judge, not to adapt; a"
    " place without labels cannot see the harm. All films of a cohort are judged, also those whose"
    " statistics were taken. The intervals in a finding are widened for 9 comparisons."
)
NO_COHORT = "no external cohort can be judged, so no network was adapted"


def chosen_films(n_films: int, params: EvaluateParams) -> Positions:
    """Positions of the films whose statistics are taken: all, or `evaluate.adapt.n_films`."""
    size = min(params.adapt.n_films or n_films, n_films)
    return draw_films(n_films, size, params.seed, 0)


def report_of_cohort(
    site: Site, chosen: Positions, cohort: str, params: EvaluateParams
) -> dict[str, Any]:
    """Everything about one cohort but the file.

    The four ways, the threshold and the prevalence, how many films are needed, and what a wrong
    mix of classes does. The network keeps the statistics of `chosen` afterwards.

    Args:
        site: The network and the films.
        chosen: From `chosen_films`.
        cohort: Name of the cohort.
        params: Section `evaluate`.
    """
    has_statistics = bool(site.network.layer_names)
    needed = films_needed(site, params.seed) if has_statistics else []
    mix = class_mix(site, params.seed) if has_statistics else []
    ways = judge_ways(site, chosen)
    return {
        "name": cohort,
        "n_films": len(site.images),
        "n_films_used": len(chosen),
        "layers": list(site.network.layer_names),
        "note": None if has_statistics else NOTHING_TO_ADAPT,
        "ways": ways,
        "prevalence": _prevalence(site, ways),
        "films_needed": needed,
        "class_mix": mix,
    }


def write_network(
    site: Site, chosen: Positions, image_ids: list[str], report: dict[str, Any], folder: Path
) -> None:
    """Write the network with the new statistics and its provenance.

    Args:
        site: The network, which has the statistics of `chosen`.
        chosen: Positions of the films whose statistics were taken.
        image_ids: Id of each film of the site.
        report: From `report_of_cohort`.
        folder: New folder of the network.
    """
    decision = site.films.decision
    original = paths.network_file(paths.model_dir(decision.model))
    thresholds = {row["way"]: row["threshold"] for row in report["ways"]}
    provenance = {
        "model": decision.model,
        "original_sha256": hash_file(original),
        "contract_sha256": decision.sha256,
        "cohort": report["name"],
        "n_films": len(chosen),
        "films_sha256": hash_json(sorted(image_ids[place] for place in chosen)),
        "alpha": site.alpha,
        "layers": report["layers"],
        "threshold": {"home": thresholds["none"], "reanchored": thresholds.get("both")},
    }
    write_adapted(site.network.model, original, folder, provenance)


def _prevalence(site: Site, ways: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Shares of films with a finding, and what they mean for the re-anchored threshold."""
    decision = site.films.decision
    if site.home is None or decision.negative_class is None or decision.threshold is None:
        return None
    negative = decision.classes.index(decision.negative_class)
    there = float(np.mean(site.films.class_index != negative))
    reanchored = {row["way"]: row["threshold"] for row in ways}["threshold"]
    return {
        "home": site.home.prevalence,
        "there": there,
        "share_called_at_home": site.home.share_called,
        "finding": describe_prevalence(
            site.home.prevalence, there, reanchored=reanchored, fixed=decision.threshold
        ),
    }
