"""Stage `evaluate-adapt`: adapt one model to unlabelled films of each external cohort.

Reads       data/contracts/<model>/, data/models/<model>/, data/predictions/<model>.parquet,
            data/external/<cohort>/, reports/<model>/external.json
Writes      data/adapted/<model>/<cohort>/, reports/<model>/adaptation.json
Params      evaluate.adapt, n_bootstrap, seed
Fails when  the contract is not that of the network, or the films have another size
Run         python -m tasks.evaluate.adapt --model minivggnet
"""

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core import paths, stage

if TYPE_CHECKING:
    from tasks.core.decision.decision import Decision
    from tasks.core.params import EvaluateParams
    from tasks.evaluate.adapt.site import HomeCalls


def main(arguments: argparse.Namespace) -> None:
    """Load, adapt to each cohort, write."""
    from tasks.core.atomic import atomic_path, read_json, write_json
    from tasks.core.decision.decision import read_decision
    from tasks.core.params import load_params
    from tasks.evaluate.adapt.cohort_report import CAUTION, NO_COHORT, SWITCHED_OFF

    name = arguments.model
    params = load_params(paths.PARAMS).evaluate
    decision = read_decision(name)
    external = read_json(paths.external_evaluation(name))["cohorts"]
    cohorts = [one["name"] for one in external if one["status"] == "judged"]
    note = None if cohorts else NO_COHORT
    if params.adapt.layers == "none":
        cohorts, note = [], SWITCHED_OFF
    with atomic_path(paths.adapted_dir(name)) as folder:
        folder.mkdir()
        reports = [adapt_to(one, decision, params, folder / one) for one in cohorts]
    settings = params.adapt.model_dump() | {"note": note, "caution": CAUTION}
    write_json(paths.adaptation(name), {"model": name, **settings, "cohorts": reports})
    logging.getLogger(__name__).info("%s: %s", name, note or f"adapted to {', '.join(cohorts)}")


def adapt_to(
    cohort: str, decision: "Decision", params: "EvaluateParams", folder: Path
) -> dict[str, Any]:
    """Adapt a fresh copy of the network to one cohort, and write it unless nothing changed.

    Args:
        cohort: Name of the cohort.
        decision: What validation decided.
        params: Section `evaluate`.
        folder: New folder of the adapted network.
    """
    from tasks.core.classifier import load_classifier
    from tasks.core.image_store.store import ImageStore
    from tasks.core.tables import SAMPLES_SCHEMA, read_table
    from tasks.evaluate.adapt.batch_norm import NormalisedNetwork
    from tasks.evaluate.adapt.cohort_report import chosen_films, report_of_cohort, write_network
    from tasks.evaluate.adapt.site import Site
    from tasks.evaluate.judged_films import judged_films
    from tasks.evaluate.repeated_inference import FilmReader

    samples = read_table(SAMPLES_SCHEMA, paths.external_samples(cohort))
    films = samples[samples["label"].notna()].sort_values("image_id")
    image_ids = list(films["image_id"])
    model = load_classifier(paths.model_dir(decision.model))
    site = Site(
        network=NormalisedNetwork(model, early_only=params.adapt.layers == "early"),
        reader=FilmReader(model),
        films=judged_films(films, decision, params),
        images=ImageStore(paths.external_images(cohort)).read(image_ids),
        home=home_calls(decision),
        alpha=params.adapt.alpha,
    )
    chosen = chosen_films(len(films), params)
    report = report_of_cohort(site, chosen, cohort, params)
    if site.network.layer_names:
        write_network(site, chosen, image_ids, report, folder)
    return report


def home_calls(decision: "Decision") -> "HomeCalls | None":
    """How the validation films are called at home; None without a negative class."""
    from tasks.core.tables import read_table
    from tasks.evaluate.adapt.site import HomeCalls
    from tasks.evaluate.predictions import predictions_schema

    if decision.negative_class is None:
        return None
    schema, path = predictions_schema(decision.classes), paths.predictions(decision.model)
    films = read_table(schema, path, ["split", "positive", "called_positive"])
    validation = films[films["split"] == "val"]
    return HomeCalls(
        share_called=float(validation["called_positive"].astype(bool).mean()),
        prevalence=float(validation["positive"].astype(bool).mean()),
    )


if __name__ == "__main__":
    stage.run("evaluate-adapt", __doc__, main, per_model=True)
