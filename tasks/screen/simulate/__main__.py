"""Simulate a clinic whose radiologist is away: what the worklist does to the wait of each film.

Films come at random, nobody reads for some hours, then the list is worked off in several orders:
first come, first served; as `python -m tasks.screen` sorts; and, as limits, perfect and random
order. The scores are those that the network got on its test films. The page states every
assumption. It speaks of waiting times only. Research software, no medical device.

Reads       reports/<model>/scores.json, or --scores FILE
Writes      data/simulation/<model>/simulation.json and simulation.html, or in --out FOLDER
Params      models, screen.model
Fails when  an option breaks its rule, the list would grow for ever and no --horizon-hours is
            given, the scores are missing or damaged, or no class means "no finding"
Run         python -m tasks.screen.simulate --prevalence 0.2 --absent-hours 72
"""

import argparse
import logging
from pathlib import Path

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Read the scores, simulate, write the numbers and the page."""
    from tasks.core.atomic import write_json, write_text
    from tasks.core.params import load_params
    from tasks.screen.simulate.clinic_options import OPTIONS, read_clinic, read_count
    from tasks.screen.simulate.scored_films import read_scores
    from tasks.screen.simulate.simulation import simulate_clinic
    from tasks.screen.simulate.simulation_page import render_simulation
    from tasks.screen.simulate.simulation_text import (
        clinic_text,
        findings_text,
        simulation_headline,
    )

    given = {name.replace("_", "-"): text for name, text in vars(arguments).items()}
    clinic = read_clinic(given)
    n_absences = read_count(given, "replications", 20, 10_000)
    seed = read_count(given, "seed", 0, 2**32 - 1)
    model = given["model"]
    if model is None:
        params = load_params(paths.PARAMS)
        model = params.screen.model or params.models[0]
    films = read_scores(Path(given["scores"] or paths.scores(model)))
    folder = Path(given["out"] or paths.simulation_dir(films.model))
    logger = logging.getLogger(__name__)
    logger.info("%s", clinic_text(clinic, films.finding, n_absences))
    result = simulate_clinic(clinic, films, n_absences, seed)
    headline = simulation_headline(result)
    facts = {"is_simulation": True, "is_medical_device": False, "headline": headline}
    write_json(paths.simulation_json(folder), facts | result)
    settings = {name: given[name] for name in (*OPTIONS, "replications", "seed", "model", "scores")}
    write_text(paths.simulation_html(folder), render_simulation(result, settings))
    for sentence in (headline, *findings_text(result)):
        logger.info("%s", sentence)
    if result["load"]["grows_for_ever"]:
        logger.warning("in this clinic the list grows for ever; the numbers depend on the horizon")
    page = paths.simulation_html(folder)
    logger.info("a simulation with assumptions, no medical device: %s", page)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the clinic, and what is simulated how often."""
    from tasks.screen.simulate.clinic_options import OPTIONS

    for name, option in OPTIONS.items():
        default = f" (default {option.default})" if option.default else ""
        parser.add_argument(
            f"--{name}", default=option.default, help=(option.meaning + default).replace("%", "%%")
        )
    parser.add_argument("--replications", default="200", help="simulated absences (default 200)")
    parser.add_argument("--seed", default="0", help="of the random numbers (default 0)")
    parser.add_argument("--model", help="network (default: screen.model, or the first of models)")
    parser.add_argument("--scores", help="scores.json of a network that was evaluated elsewhere")
    parser.add_argument("--out", help="folder of the result")


if __name__ == "__main__":
    stage.run_program("screen.simulate", __doc__, main, add_options)
